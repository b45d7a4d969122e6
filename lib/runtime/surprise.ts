const maxFrames = 8;
const maxFrame = 256;

/**
 * What the log may be told of an error that is none of ours: its name, its code and where it was (`npm run stack` reads the places). Its
 * message is not kept, since it may quote a request, a job or a secret.
 */
export function surpriseNote(error: unknown): { name: string; code?: string; at?: string[] } {
  if (!(error instanceof Error)) return { name: typeof error };
  const { name, code, stack } = error as NodeJS.ErrnoException;
  const frames = stack?.split('\n').filter((line) => /^ {4}at /.test(line)) ?? [];
  const at = frames.slice(0, maxFrames).map((line) => line.trim().slice(0, maxFrame));
  return { name, ...(typeof code === 'string' && { code }), at };
}
