import { chromium } from 'playwright-core';
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readBuild } from '../../src/version/build';
import { certificate } from '../cli/self-signed';
import { temporaryFolder } from '../support/process';
import { startServer } from '../support/server';
import { selfSignedFiles } from '../transport/self-signed-files';

const BROWSER = process.env.ROLLCALL_TEST_CHROMIUM ?? '/usr/bin/chromium';
const inBrowser = existsSync(BROWSER) ? describe : describe.skip;

inBrowser('the playground in Chromium', () => {
  test('works over HTTPS', async () => {
    const folder = temporaryFolder();
    const server = await startServer({ tls: { ...selfSignedFiles(folder.path), minVersion: 'TLSv1.3' } });
    // This key is trusted, and no other: nothing else of the verification is switched off.
    const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
    const trusted = createHash('sha256').update(key).digest('base64');
    const browser = await chromium.launch({
      executablePath: BROWSER,
      args: ['--no-sandbox', '--disable-gpu', `--ignore-certificate-errors-spki-list=${trusted}`],
    });
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(10_000);
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
      await page.goto(`${server.url.replace('http:', 'https:')}/graphql`);
      await page.locator('.graphiql-query-editor .view-line').first().waitFor();
      await page.getByRole('button', { name: /Execute query/ }).click();
      await page.getByRole('menuitem', { name: 'Version' }).click();
      await page.locator('.graphiql-response').getByText(readBuild().version).waitFor();
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
      await server.stop();
      folder.remove();
    }
  });
});
