import react from '@vitejs/plugin-react';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** The console is built into dist/console: one page and hashed files, which the server serves below its base path. */
export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that one build works under every base path.
  base: './',
  logLevel: 'warn',
  plugins: [react(), compressed()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // Monaco, the editor, is one chunk of that size.
    chunkSizeWarningLimit: 4096,
    modulePreload: { polyfill: false },
    // What the licences of the bundled libraries ask for: their texts go where the bundle goes.
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      onLog(level, log, report) {
        // Libraries mark modules for compilers that are not in use here ("use client", "use no memo").
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
});

/** Puts a .gz beside every asset, so that the server never compresses while it answers. */
function compressed(): Plugin {
  return {
    name: 'rollcall-compressed',
    async writeBundle({ dir }, bundle) {
      const assets = Object.keys(bundle).filter((file) => file.startsWith('assets/'));
      await Promise.all(assets.map((file) => compress(join(dir ?? '', file))));
    },
  };
}

async function compress(file: string): Promise<void> {
  await writeFile(`${file}.gz`, await promisify(gzip)(await readFile(file), { level: 9 }));
}
