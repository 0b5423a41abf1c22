import { tables } from './cases/index.js';
import { conform } from './suite.js';

conform(tables.block);
