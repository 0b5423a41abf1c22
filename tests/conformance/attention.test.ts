import { tables } from './cases/index.js';
import { conform } from './suite.js';

conform([...tables.attention, ...tables.rope, ...tables.wkv]);
