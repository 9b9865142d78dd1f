import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { generatedFiles } from './generated-files';

// npm run generate: writes the committed files that are made from the code, in the folder that it is run in.
for (const [file, text] of Object.entries(generatedFiles())) {
  writeFileSync(path.resolve(file), text);
  console.log(`Wrote ${file}`);
}
