/** The commands, in the order in which help lists them. */
import type { Command } from '../command.js';
import { bench } from './bench.js';
import { embed } from './embed.js';
import { graph } from './graph.js';
import { info } from './info.js';
import { inspect } from './inspect.js';
import { quantize } from './quantize.js';
import { run } from './run.js';
import { serve } from './serve.js';

export const commands: readonly Command[] = [info, run, embed, serve, bench, graph, inspect, quantize];
