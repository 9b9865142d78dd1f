/** How the page of a list is found. */
export interface Explained {
  list: string;
  page: string;
  plan: string;
}

const LONGEST_LINE = 180;
const PARENT = '->  Function Scan on unnest parent';

/** Of a whole plan the part that finds the page, without the values that were asked for. */
export function planOfPage(lines: readonly string[], statement: string): string {
  const part = besideParent(lines);
  const indent = part[0]!.indexOf('->') + '->  '.length;
  return part.map((line) => short(withoutValues(line.slice(indent), statement))).join('\n');
}

/** What is joined with the parent, which is nothing when a list is a whole one. */
function besideParent(lines: readonly string[]): string[] {
  const parent = lines.findIndex((line) => line.includes(PARENT));
  const depth = depthOf(lines[parent]!);
  const isAbove = (line: string) => depthOf(line) < depth;
  const start = lines.findLastIndex((line, index) => index < parent && isAbove(line)) + 1;
  const end = lines.findIndex((line, index) => index > parent && isAbove(line));
  return lines.slice(start, end).filter((line) => !line.includes(PARENT));
}

function depthOf(line: string): number {
  return line.search(/\S/);
}

/** Values of the statement itself stay. */
function withoutValues(line: string, statement: string): string {
  return line.replace(/'(?:[^']|'')*'/g, (value) => (statement.includes(value) ? value : '…'));
}

function short(line: string): string {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)} …` : line;
}

/** In Markdown; the same plan once. */
export function planDocument(explained: readonly Explained[]): string {
  const parts = [...grouped(explained, 'list')].map(
    ([list, ofList]) => `## ${list[0]!.toUpperCase()}${list.slice(1)}\n\n${plansOf(ofList).join('\n\n')}`,
  );
  return `${[INTRODUCTION, ...parts].join('\n\n')}\n`;
}

function plansOf(explained: readonly Explained[]): string[] {
  return [...grouped(explained, 'plan')].map(
    ([plan, alike]) => `${alike.map(({ page }) => `- ${page}`).join('\n')}\n\n\`\`\`text\n${plan}\n\`\`\``,
  );
}

function grouped(explained: readonly Explained[], by: keyof Explained): Map<string, Explained[]> {
  const groups = new Map<string, Explained[]>();
  for (const each of explained) groups.set(each[by], [...(groups.get(each[by]) ?? []), each]);
  return groups;
}

const INTRODUCTION = `# How pages are found

What PostgreSQL does for each page that [performance](performance.md) times, in the fleet of 1,000,000 nodes: \`EXPLAIN (COSTS OFF)\` of the one
statement that reads it, made by \`npm run bench:inventory-plans -- FOLDER\`. Of each plan it is the part that finds the page, and the same plan stands here once. Around it all
plans join the page with its parent, which is nothing when a whole list is asked for, and with its rows, one by one, by the primary key. In place of values that were asked
for there is …, and long lines are cut.

\`hearing\` is a table of one row. \`far\` collects all that have a status, by no index, and only where the rows of \`near\` do not fill the page
([status](decisions/status.md)).`;
