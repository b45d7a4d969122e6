import { lambdaRuntimeClient } from '/work/wt/watch/bench/tools.ts';

console.log(await lambdaRuntimeClient());
