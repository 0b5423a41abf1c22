import { tables } from './cases/index.js';
import { conform } from './suite.js';

conform([...tables.unary, ...tables.binary, ...tables.choice, ...tables.convert, ...tables.packed]);
