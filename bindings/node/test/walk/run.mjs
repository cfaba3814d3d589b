// `node --expose-gc test/walk/run.mjs --walks 5000 [--seed N]`: goes walks, and prints what they found.
// That the process then ends by itself is a part of it.

import { parseArgs } from 'node:util';
import { many, report } from './many.mjs';
import { leak } from './measure.mjs';

const { values } = parseArgs({
  options: { walks: { type: 'string', default: '5000' }, seed: { type: 'string', default: '0' } },
});
const walks = Number(values.walks);
const show = (count) => {
  if (process.stderr.isTTY && count % 10 === 0) process.stderr.write(`\r${count} of ${walks} walks`);
};
const started = performance.now();
const { findings, figures } = await many({ walks, first: Number(values.seed), show });
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`${walks} walks in ${seconds} s`, JSON.stringify(figures));
if (findings.size > 0) {
  console.log(await report(findings));
  process.exitCode = 1;
}
const left = leak(figures);
if (left !== null) {
  console.log(`walks leave something behind: ${left}`);
  process.exitCode = 1;
}
