import { readFileSync } from 'node:fs';
import path from 'node:path';
import { generatedFiles } from '../../src/generated-files';

test.each(Object.entries(generatedFiles()))('%s is fresh; if not, run npm run generate', (file, text) => {
  expect(readFileSync(path.join(__dirname, '../..', file), 'utf8')).toBe(text);
});
