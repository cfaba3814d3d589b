// A worker that goes walks until it is torn down, wherever it is then.

import { workerData } from 'node:worker_threads';
import { go, script } from './walk.mjs';

for (let seed = workerData; ; seed += 1) await go(script(seed));
