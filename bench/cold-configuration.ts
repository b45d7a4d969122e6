import { parseConfig } from '../lib/runtime/config.ts';

const began = performance.now();
parseConfig(process.env);
Object.assign(globalThis, { benchConfiguration: performance.now() - began });
