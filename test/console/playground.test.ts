import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { existsSync } from 'node:fs';
import { startPlaygroundServer, type PlaygroundServer } from './playground-server';

const BROWSER = process.env.ROLLCALL_TEST_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
const QUIET_FLAGS = ['--disable-background-networking', '--disable-component-update'];

const hasBrowser = existsSync(BROWSER);
const inBrowser = hasBrowser ? describe : describe.skip;

if (!hasBrowser) {
  process.stderr.write(
    `The tests of the playground are skipped: there is no Chromium at ${BROWSER}. Install it, or set ROLLCALL_TEST_CHROMIUM to its path.\n`,
  );
}

inBrowser('the playground in Chromium', () => {
  let server: PlaygroundServer;
  let browser: Browser;
  let page: Page;
  let faults: string[];
  let requests: string[];
  let operations: { authorization: string | undefined; operationName: string | undefined }[];

  beforeAll(async () => {
    server = await startPlaygroundServer();
    browser = await chromium.launch({ executablePath: BROWSER, args: [...FLAGS, ...QUIET_FLAGS] });
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  beforeEach(async () => {
    faults = [];
    requests = [];
    operations = [];
    page = await browser.newPage();
    // Shorter than the test's own limit, so that a failure names what was waited for.
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    page.on('requestfailed', (request) => faults.push(`${request.url()} failed`));
    page.on('request', (request) => {
      requests.push(request.url());
      const operation = request.method() === 'POST' && (request.postDataJSON() as { operationName?: string });
      if (operation)
        operations.push({ operationName: operation.operationName, authorization: request.headers()['authorization'] });
    });
    const answer = await page.goto(server.url);
    if (!answer?.ok()) throw new Error(await answer?.text());
    await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  });

  afterEach(async () => {
    await page.close();
  });

  test('works by what its own server sends alone, within its content security policy', async () => {
    await enterKey(server.key);
    await execute('Roll');
    await response(server.nodeName).waitFor();
    await page.getByRole('button', { name: /Prettify query/ }).click();
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.getByRole('link', { name: 'ServerVersion' }).waitFor();
    expect(faults).toEqual([]);
    const base = server.url.replace(/graphql$/, '');
    expect(requests.filter((url) => !url.startsWith(base) && !url.startsWith('data:'))).toEqual([]);
    expect(requests.filter((url) => /worker/.test(url)).length).toBeGreaterThanOrEqual(3);
  });

  test('runs the first operation for a visitor without a key, and sends no half credential', async () => {
    await execute('Version');
    await response(server.version).waitFor();
    expect(operations.at(-1)).toEqual({ operationName: 'Version', authorization: undefined });
  });

  test('tells a visitor without a key why there is no documentation, and where the first key is', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.getByText('Error fetching schema').waitFor();
    expect(await page.getByRole('status').innerText()).toMatch(
      /The schema is shown to whoever gives an API key\.[^]*admin\.key/,
    );
  });

  test('loads the schema by itself once a key is in the header editor', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await enterKey(server.key);
    await page.getByRole('link', { name: 'ServerVersion' }).waitFor();
    await page.getByRole('status').waitFor({ state: 'detached' });
    expect(operations.at(-1)).toEqual({
      operationName: 'IntrospectionQuery',
      authorization: `Bearer ${server.key}`,
    });
  });

  test('passes on what the server says of a key that is not good', async () => {
    await enterKey(server.revokedKey);
    await page.getByRole('status').getByText('The key was revoked.').waitFor();
    expect(await page.getByRole('status').innerText()).not.toContain('admin.key');
  });

  test('sends the key with every operation, and keeps it nowhere', async () => {
    await enterKey(server.key);
    await execute('Roll');
    await response(server.nodeName).waitFor();
    expect(operations.at(-1)).toEqual({ operationName: 'Roll', authorization: `Bearer ${server.key}` });
    // What GraphiQL stores of a run it stores when the tab is written, which a reload would read again.
    await page.reload();
    await headerLines().getByText('Authorization').waitFor();
    const stored = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');
    expect(stored).toContain('query Roll');
    expect(stored).not.toContain(server.key);
    expect(await headerLines().innerText()).not.toContain('rcu_');
  });

  test('colours, checks and completes operations by the schema', async () => {
    await enterKey(server.key);
    await page.getByRole('status').waitFor({ state: 'detached' });
    await page.locator('.graphiql-query-editor .view-lines').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('query Mine { nonsense cal');
    await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor();
    await page.keyboard.press('Control+Space');
    await page.locator('.suggest-widget').getByRole('option', { name: 'caller' }).waitFor();
    const colours = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.graphiql-query-editor .view-line span span')].map((token) => getComputedStyle(token).color)`,
    );
    expect(new Set(colours).size).toBeGreaterThan(2);
  });

  test.each([
    ['light', 'rgb(255, 255, 255)'],
    ['dark', 'rgb(33, 42, 59)'],
  ] as const)('is %s where the system is', async (colorScheme, ground) => {
    await page.emulateMedia({ colorScheme });
    const shown = await page.waitForFunction(
      `getComputedStyle(document.querySelector('.graphiql-container')).backgroundColor === '${ground}'`,
    );
    expect(await shown.jsonValue()).toBe(true);
  });

  /** Types the key where the header editor waits for it: before the quote that ends the second line. */
  async function enterKey(key: string): Promise<void> {
    await headerLines().click();
    for (const press of ['Control+Home', 'ArrowDown', 'End', 'ArrowLeft']) await page.keyboard.press(press);
    await page.keyboard.insertText(key);
  }

  async function execute(operationName: string): Promise<void> {
    await page.getByRole('button', { name: /Execute query/ }).click();
    await page.getByRole('menuitem', { name: operationName }).click();
  }

  function headerLines(): Locator {
    return page.getByRole('region', { name: 'Headers' }).locator('.graphiql-editor:not(.hidden) .view-lines');
  }

  function response(text: string): Locator {
    return page.locator('.graphiql-response').getByText(text);
  }
});
