import { readdir, readFile } from 'node:fs/promises';

/**
 * CPU microseconds that a process has used so far, by all of its threads: the scheduler's own count (Linux), in nanoseconds, where
 * /proc/PID/stat counts hundredths of a second.
 */
export async function cpuOf(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const used = await Promise.all(
    threads.map(async (thread) => Number((await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0')).split(' ')[0])),
  );
  return used.reduce((sum, one) => sum + one, 0) / 1000;
}
