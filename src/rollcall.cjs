#!/usr/bin/env node
'use strict';

// The command that npm links. It is there before anything is built: a link to what is not there yet npm would leave out, for good.

const { existsSync } = require('node:fs');
const path = require('node:path');

const MAIN = path.join(__dirname, '../dist/src/main.js');

if (existsSync(MAIN)) require(MAIN);
else {
  console.error('rollcall: It is not built yet. Run npm start, which builds it, or npm run build.');
  process.exitCode = 1;
}
