// Loaded into a server by NODE_OPTIONS: at SIGUSR2 it says how much of its heap is in use, without what could be collected.
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
let reports = 0;

process.on('SIGUSR2', () => {
  collect();
  console.error(`heap ${++reports}: ${process.memoryUsage().heapUsed}`);
});
