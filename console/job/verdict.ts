/** What the gateway says of a draft, in the words and at the lines of the page. */

import type { Layout } from '../../lib/job/fields.ts';
import type { StatusCause } from '../../lib/status.ts';
import type { Refused } from '../api/http.ts';
import { lineAt, lineRange, type Parsed, parseYaml } from '../text/document.ts';
import { type Change, changesBetween, differingPaths, fieldsIn, showPath } from '../text/fields.ts';
import { locate } from '../text/locate.ts';

/** Something that is said about one place of the text. */
export interface Finding {
  from: number;
  to: number;
  line: number;
  path: string;
  message: string;
  level: 'error' | 'warning';
}
/**
 * `clean`: nothing was changed. `checking`: the gateway is being asked. `ready`: it may be saved. `idle`: it would change nothing.
 * `refused`: it would be or was refused. `conflict`: others changed the job. `unknown`: nobody knows whether it was saved.
 * `unreached`: it could not be asked, and nothing was written.
 */
export type State = 'clean' | 'checking' | 'ready' | 'idle' | 'refused' | 'conflict' | 'unknown' | 'unreached';
/** The whole verdict. `notes` are warnings that are about no place. */
export interface Verdict {
  state: State;
  title: string;
  detail?: string;
  changes: Change[];
  found: Finding[];
  notes: string[];
}

export const clean: Verdict = { state: 'clean', title: 'No changes yet', changes: [], found: [], notes: [] };

/** The verdict while the gateway is asked: what was found before stays, as far as it still has a place. */
export function checking(before: Verdict): Verdict {
  return { ...before, state: 'checking', title: 'Checking…', detail: '' };
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** What a dry run has accepted: what would change, and what was typed without effect. */
export function accepted(base: Parsed, draft: Parsed, answer: { text: string; warnings: string[] }, layout: Layout): Verdict {
  const job = parseYaml(answer.text);
  const changes = changesBetween(fieldsIn(base.value, layout), fieldsIn(job.value, layout));
  const { found, notes } = warned(draft, answer.warnings, changes);
  const all = [...found, ...withoutEffect(base, draft, job)].sort((a, b) => a.from - b.from);
  if (changes.length === 0) {
    const detail = 'What you edited means the same as what is there.';
    return { state: 'idle', title: 'Nothing would change', detail, changes, found: all, notes };
  }
  return { state: 'ready', title: `Can be saved: ${plural(changes.length, 'change')}`, changes, found: all, notes };
}

/** What was edited and is not in the answer: accepted, and without effect. */
function withoutEffect(base: Parsed, draft: Parsed, job: Parsed): Finding[] {
  const edited = differingPaths(base.value, draft.value).map(({ path }) => path);
  const isEdited = (path: string) => edited.some((one) => one === path || path.startsWith(`${one}.`) || path.startsWith(`${one}[`));
  const idle = differingPaths(job.value, draft.value).filter(({ path }) => isEdited(path));
  return idle.slice(0, 50).map(({ path, value }) => {
    const kept = value === undefined ? 'not set' : typeof value === 'object' ? 'as it is' : String(value).slice(0, 60);
    return findingAt(draft, path, `has no effect: it stays ${kept}`, 'warning');
  });
}

/** Warnings at what they are about, and the others. */
function warned(draft: Parsed, warnings: readonly string[], changes: readonly Change[]): { found: Finding[]; notes: string[] } {
  const found: Finding[] = [];
  const notes: string[] = [];
  for (const warning of warnings) {
    const line = /^line (\d+): /.exec(warning)?.[1];
    const field = /^(?:unknown|duplicate) field "(.*?)"/.exec(warning)?.[1] ?? aboutOf(warning, changes);
    if (line !== undefined) found.push(findingInLine(draft, Number(line), warning.slice(`line ${line}: `.length), 'warning'));
    else if (field !== undefined) found.push(findingAt(draft, field, warning, 'warning'));
    else notes.push(warning);
  }
  return { found, notes };
}

/** The changed field that a policy's sentence names, or the only one that changed: a policy tells no path. */
function aboutOf(sentence: string, changes: readonly Change[]): string | undefined {
  const words = new Set(sentence.split(/[^\w./-]+/).flatMap((word) => [word, ...word.split('.')]));
  const named = changes.find(({ path }) => words.has(path.at(-1) ?? '')) ?? changes.find(({ path }) => words.has(path[1] ?? ''));
  const one = named ?? (changes.length === 1 ? changes[0] : undefined);
  return one && showPath(one.path);
}

function findingAt(draft: Parsed, path: string, message: string, level: Finding['level']): Finding {
  const { from, to, exact } = locate(draft, path);
  return {
    from,
    to,
    line: lineAt(draft.text, from),
    path,
    message: exact || level === 'warning' ? message : `${message} (it is not here)`,
    level,
  };
}

function findingInLine(draft: Parsed, line: number, message: string, level: Finding['level']): Finding {
  return { ...lineRange(draft.text, line), line, path: '', message, level };
}

/** What a refusal means for the draft, with each cause at its line; `saving` where it was no dry run. */
export function refused(error: Refused, base: Parsed, draft: Parsed, layout: Layout, saving: boolean): Verdict {
  const { code, status } = error;
  const changes = draft.value === undefined ? [] : changesBetween(fieldsIn(base.value, layout), fieldsIn(draft.value, layout));
  const warnings = warned(draft, error.warnings, changes);
  const causes = (status.details?.causes ?? []).map((cause) => foundBy(cause, draft, changes));
  const found = [...causes.filter((one) => one !== undefined), ...warnings.found].sort((a, b) => a.from - b.from);
  const rest = { changes, found, notes: warnings.notes };
  const detail = causes.length > 0 && causes.every((one) => one !== undefined) ? '' : wayOut(error.message);
  if (code === 409) return { ...rest, state: 'conflict', title: 'Someone else changed this job' };
  if (code === 401)
    return { ...rest, state: 'unreached', title: 'You are not logged in', detail: 'Nothing was written. Your changes are kept here.' };
  if (code === 429 || code === 503) return { ...rest, state: 'unreached', ...busyWords(code, saving) };
  if (code === 0 && !saving) return { ...rest, state: 'unreached', title: 'Could not be checked', detail: error.message };
  if (code >= 500 && !saving) return { ...rest, state: 'unreached', title: 'Could not be checked', detail: withId(error) };
  return { ...rest, state: 'refused', title: `${saving ? 'Refused' : 'Would be refused'}: ${whatOf(error, causes.length)}`, detail };
}

/** Where a cause is about. A policy's denial names no field: it stands at what it speaks of. */
function foundBy({ field, message }: StatusCause, draft: Parsed, changes: readonly Change[]): Finding | undefined {
  const line = /^line (\d+): /.exec(message)?.[1];
  if (line !== undefined) return findingInLine(draft, Number(line), message.slice(`line ${line}: `.length), 'error');
  const about = field ?? aboutOf(message, changes);
  return about === undefined || about === '' ? undefined : findingAt(draft, about, message, 'error');
}

function busyWords(code: number, saving: boolean): { title: string; detail: string } {
  const why = code === 429 ? 'There are too many requests just now.' : 'CCI cannot be reached just now.';
  if (!saving) return { title: 'Could not be checked', detail: why };
  return { title: 'Not saved', detail: `${why} Nothing was written: saving again is safe.` };
}

function whatOf({ code, status, rule }: Refused, causes: number): string {
  if (rule === 'admission') return 'a policy forbids it';
  if (code === 400 && causes > 0 && !status.message?.includes('cannot be handled')) return 'this YAML cannot be read';
  if (code === 403 && causes > 0 && status.details?.causes?.[0]?.field) return `${plural(causes, 'field')} may not be changed`;
  if ((code === 422 || code === 400) && causes > 0) return plural(causes, 'mistake');
  return status.reason ?? `code ${code}`;
}

/** The gateway's sentence without the command that it offers: the page has its own. */
function wayOut(message: string): string {
  return message.split('\nyou may change: ', 1)[0] ?? '';
}

function withId({ message, requestId }: Refused): string {
  return requestId === undefined ? message : `${message} (request ${requestId})`;
}

/** Nobody answered a write, and the job does not hold what was asked: what is safe now. */
export function unknownOutcome(before: Verdict, version: string | undefined): Verdict {
  const title = version === undefined ? 'It is not known whether this was saved' : 'Not saved so far';
  const detail =
    version === undefined
      ? 'No answer came, and the job cannot be read. Read it again before anything else; your changes are kept here.'
      : `No answer came. The job is still at version ${version}. Saving again is safe: a second write to the same version is refused.`;
  return { ...before, state: 'unknown', title, detail };
}
