/** What /metrics gave: the value of each series, by its text, such as `rollcall_nodes{status="ACTIVE"}`. */
export interface Scrape {
  status: number;
  headers: Headers;
  text: string;
  series: Record<string, number>;
}

/** Scrapes the server at this URL, with a key or without. */
export async function scrape(url: string, key?: string): Promise<Scrape> {
  const answer = await fetch(`${url}/metrics`, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
  const text = await answer.text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const series = lines.map((line): [string, number] => {
    const end = line.lastIndexOf(' ');
    return [line.slice(0, end), Number(line.slice(end + 1))];
  });
  return { status: answer.status, headers: answer.headers, text, series: Object.fromEntries(series) };
}

/** The names of metrics, as their TYPE says; those of a histogram with the endings that its series have. */
export function metricNames({ text }: Scrape): string[] {
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((ending) => name! + ending) : [name!],
  );
}
