/** The case table. */
import type { Case } from '../case.js';
import { attentionCases, ropeCases } from './attention.js';
import { binaryCases, choiceCases } from './binary.js';
import { blockCases } from './blocks.js';
import { chainCases } from './chains.js';
import { convertCases, packedCases } from './convert.js';
import { indexCases, topkCases } from './indexing.js';
import { joinCases } from './joins.js';
import { matmulCases } from './matmul.js';
import { movementCases } from './movement.js';
import { cumsumCases, reduceCases } from './reduce.js';
import { rowCases } from './rows.js';
import { sampleCases } from './sample.js';
import { sourceCases } from './sources.js';
import { unaryCases } from './unary.js';
import { windowCases } from './windows.js';
import { wkvCases } from './wkv.js';

export const tables = {
  unary: unaryCases,
  binary: binaryCases,
  choice: choiceCases,
  convert: convertCases,
  packed: packedCases,
  reduce: reduceCases,
  cumsum: cumsumCases,
  rows: rowCases,
  matmul: matmulCases,
  windows: windowCases,
  attention: attentionCases,
  rope: ropeCases,
  wkv: wkvCases,
  index: indexCases,
  topk: topkCases,
  sample: sampleCases,
  movement: movementCases,
  join: joinCases,
  source: sourceCases,
  chain: chainCases,
  block: blockCases,
} satisfies Record<string, readonly Case[]>;
