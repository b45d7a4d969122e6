import type { Loose } from '../http.ts';

/** One command, and what must come of it. The job `tfjob-test` and a second one, `other`, are there before each. */
export interface KubectlCase {
  args: string[];
  /** The exit code. */
  code: number;
  /** What must be in what kubectl says, on either stream. */
  says: (string | RegExp)[];
  /** What may not be in it. */
  silent?: (string | RegExp)[];
  /** A sed expression that stands in for a person at the editor. */
  editor?: string;
  /** Written to a file as JSON, whose name stands for FILE in `args`: the stored job, changed. */
  file?: (job: Loose) => void;
  /** What the administrator did to the job before. */
  before?: (job: Loose) => void;
  /** The refusal's last line is then pasted into a shell: it must succeed, and make `changes`. */
  pastes?: boolean;
  /** What must have become of tfjob-test; nothing at all where this is missing. */
  changes?: (job: Loose) => void;
}
