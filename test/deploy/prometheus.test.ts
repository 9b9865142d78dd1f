import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { metricNames, scrape } from '../metrics/scrape';
import { DASHBOARD, exampleFolder, hasPrometheus, RULES } from '../support/prometheus';
import { startServer } from '../support/server';

const withPromtool = hasPrometheus('The checks of deploy/prometheus') ? describe : describe.skip;

const RULE_TESTS = path.join(__dirname, 'rollcall.rules.test.yml');

/** What promtool says, when it has no objection. */
function promtool(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

withPromtool('promtool', () => {
  test('takes the example configuration and the alert rules', () => {
    const folder = exampleFolder('http://127.0.0.1:8080', 'rcu_key');
    expect(promtool('check', 'config', folder.config)).toContain('8 rules found');
    expect(promtool('check', 'rules', '--lint-fatal', RULES)).toContain('8 rules found');
    folder.remove();
  });

  test('agrees that each alert is told when it holds, and none of a fleet that is well', () => {
    const folder = exampleFolder('http://127.0.0.1:8080', 'rcu_key');
    const tests = path.join(folder.path, 'rules.test.yml');
    writeFileSync(tests, readFileSync(RULE_TESTS, 'utf8').replace('- RULES', `- ${RULES}`));
    expect(promtool('test', 'rules', tests)).toContain('SUCCESS');
    folder.remove();
  });
});

test('every metric that the dashboard and the alerts name is one that /metrics gives', async () => {
  const server = await startServer();
  const given = metricNames(await scrape(server.url, server.keys.VIEWER));
  await server.stop();
  for (const file of [DASHBOARD, RULES]) {
    const named = readFileSync(file, 'utf8').match(/\brollcall_[a-z_]+/g) ?? [];
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((name) => !given.includes(name))).toEqual([]);
  }
});

/** A panel of the dashboard. */
interface Panel {
  id: number;
  title: string;
  gridPos: Record<'x' | 'y' | 'w' | 'h', number>;
  targets: { expr: string }[];
}

test('the panels of the dashboard have ids of their own and do not cover each other', () => {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as { panels: Panel[] };
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const covered = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  );
  expect(new Set(covered).size).toBe(covered.length);
  for (const { title, targets } of panels) expect([title, targets.length > 0]).toEqual([title, true]);
});
