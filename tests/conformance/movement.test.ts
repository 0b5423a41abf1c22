import { tables } from './cases/index.js';
import { conform } from './suite.js';

conform([
  ...tables.index,
  ...tables.topk,
  ...tables.sample,
  ...tables.movement,
  ...tables.join,
  ...tables.source,
]);
