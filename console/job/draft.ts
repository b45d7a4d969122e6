/** One job that is looked at and perhaps edited: what was read, what is written of it, and what the gateway says of that. */
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { Refused } from '../api/http.ts';
import { putJob, type Ref, readJob } from '../api/jobs.ts';
import { settings } from '../session/settings.ts';
import { type Parsed, parseYaml } from '../text/document.ts';
import { applyEdit, type Edit, setAt } from '../text/edit.ts';
import { fieldsIn, type Merge, mergeOf, typed } from '../text/fields.ts';
import { valueAt } from '../text/value.ts';
import { type Keeps, type Kept, storeDraft, storedDraft } from './draft-store.ts';
import { accepted, checking, clean, refused, unknownOutcome, type Verdict } from './verdict.ts';

/** Milliseconds after the last key; a large text takes longer to be read again. */
const pause = 350;
const longPause = 1000;
const large = 500_000;

/** Something that is said once, of what was done. */
export interface Said {
  tone: 'good' | 'warn';
  text: string;
}

export class Draft implements Keeps {
  readonly ref: Ref;
  /** The text that was read; undefined while there is none. */
  readonly base: Signal<string | undefined> = signal(undefined);
  readonly text: Signal<string> = signal('');
  readonly verdict: Signal<Verdict> = signal(clean);
  readonly failure: Signal<Refused | undefined> = signal(undefined);
  readonly theirs: Signal<string | undefined> = signal(undefined);
  readonly saving: Signal<boolean> = signal(false);
  readonly said: Signal<Said | undefined> = signal(undefined);
  readonly baseParsed: ReadonlySignal<Parsed> = computed(() => parseYaml(this.base.value ?? ''));
  readonly parsed: ReadonlySignal<Parsed> = computed(() =>
    this.text.value === this.base.value ? this.baseParsed.value : parseYaml(this.text.value),
  );
  readonly isDirty: ReadonlySignal<boolean> = computed(() => this.base.value !== undefined && this.text.value !== this.base.value);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | undefined;

  constructor(ref: Ref) {
    this.ref = ref;
    const kept = storeDraft(ref, this);
    if (!kept) return;
    this.base.value = kept.base;
    this.text.value = kept.text;
  }

  /** What is not saved, for whoever keeps it. */
  unsaved(): Kept | undefined {
    const [base, text] = [this.base.peek(), this.text.peek()];
    return base === undefined || base === text ? undefined : { ref: this.ref, base, text };
  }

  /** Reads the job, unless there is a draft of it already: then only that is checked again. */
  async open(): Promise<void> {
    if (this.isDirty.value) return this.check();
    this.failure.value = undefined;
    try {
      this.adopt(await readJob(this.ref));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.failure.value = error;
    }
  }

  /** Takes a text as what is there, and forgets what was said of another. */
  adopt(text: string, said?: Said): void {
    this.stop();
    this.base.value = text;
    this.text.value = text;
    this.verdict.value = clean;
    this.theirs.value = undefined;
    this.said.value = said;
  }

  /** Takes what somebody typed; it is checked once he pauses. */
  change(text: string): void {
    this.stop();
    this.text.value = text;
    this.said.value = undefined;
    if (!this.isDirty.value) {
      this.verdict.value = clean;
      return;
    }
    this.verdict.value = checking(this.verdict.value);
    this.timer = setTimeout(() => void this.check(), text.length > large ? longPause : pause);
  }

  /** Changes the text by an edit, if there is one. */
  edit(edit: Edit | undefined): void {
    if (edit) this.change(applyEdit(this.text.value, edit));
  }

  discard(): void {
    this.change(this.base.value ?? '');
  }

  /** Asks the gateway what would become of the draft. An answer about an older text is not looked at. */
  async check(): Promise<void> {
    this.stop();
    const asking = new AbortController();
    this.asking = asking;
    const text = this.text.value;
    this.verdict.value = checking(this.verdict.value);
    try {
      const answer = await putJob(this.ref, text, { dryRun: true, signal: asking.signal });
      if (asking.signal.aborted || this.text.value !== text) return;
      this.verdict.value = accepted(this.baseParsed.value, this.parsed.value, answer, settings.layout);
    } catch (error) {
      if (asking.signal.aborted || this.text.value !== text) return;
      await this.fail(error, false);
    }
  }

  /** Writes the draft, once at a time, on the version that was read. */
  async save(): Promise<void> {
    if (this.saving.value || !this.canSave()) return;
    this.stop();
    this.saving.value = true;
    const text = this.text.value;
    try {
      const written = await putJob(this.ref, text, { dryRun: false });
      const version = versionIn(written.text);
      const said: Said = { tone: 'good', text: `Saved as version ${version}.` };
      if (this.text.value === text) this.adopt(written.text, said);
      else this.goOn(written.text, version, said);
    } catch (error) {
      await this.fail(error, true);
    } finally {
      this.saving.value = false;
    }
  }

  /** Whether there is something to save, and nobody has said that it would be refused. */
  canSave(): boolean {
    const { state } = this.verdict.value;
    return this.isDirty.value && (state === 'ready' || state === 'unknown' || state === 'unreached');
  }

  /** What was typed while the job was saved goes on from what was saved. */
  private goOn(saved: string, version: string, said: Said): void {
    const text = this.text.value;
    this.base.value = saved;
    this.change(applyEdit(text, setAt(parseYaml(text), ['metadata', 'resourceVersion'], version)));
    this.said.value = said;
  }

  private async fail(error: unknown, saving: boolean): Promise<void> {
    if (!(error instanceof Refused)) throw error;
    this.verdict.value = refused(error, this.baseParsed.value, this.parsed.value, settings.layout, saving);
    if (error.code === 409) await this.readTheirs();
    else if (saving && (error.code === 0 || (error.code >= 500 && error.code !== 503))) await this.settle();
  }

  /** Nobody answered a write: the job says what became of it. */
  async settle(): Promise<void> {
    const live = await readOrNothing(this.ref);
    if (live === undefined) {
      this.verdict.value = unknownOutcome(this.verdict.value, undefined);
      return;
    }
    const [wanted, now] = [this.parsed.value, parseYaml(live)].map(({ value }) => [...fieldsIn(value, settings.layout)].sort());
    const version = versionIn(live);
    if (version === versionIn(this.base.value ?? '')) this.verdict.value = unknownOutcome(this.verdict.value, version);
    else if (JSON.stringify(wanted) === JSON.stringify(now)) {
      this.adopt(live, { tone: 'good', text: `Saved as version ${version}: no answer came, but the job holds your changes.` });
    } else await this.meet(live);
  }

  /** Reads what others made of the job. */
  async readTheirs(): Promise<void> {
    const live = await readOrNothing(this.ref);
    if (live !== undefined) await this.meet(live);
  }

  private async meet(live: string): Promise<void> {
    this.theirs.value = live;
    this.verdict.value = { ...this.verdict.value, state: 'conflict', title: 'Someone else changed this job', detail: '', found: [] };
  }

  /** What I changed and what others changed, field by field. */
  merges(): Merge[] {
    const { layout } = settings;
    const theirs = parseYaml(this.theirs.value ?? '');
    return mergeOf(
      fieldsIn(this.baseParsed.value.value, layout),
      fieldsIn(this.parsed.value.value, layout),
      fieldsIn(theirs.value, layout),
    );
  }

  /** Goes on from what others made: my changes are made to it again, where both changed a field only those in `mine` (showPath). */
  rebase(merges: readonly Merge[], mine: ReadonlySet<Merge>): void {
    const theirs = this.theirs.value;
    if (theirs === undefined) return;
    let text = theirs;
    for (const merge of merges) {
      const isMine = merge.mine !== merge.base && merge.mine !== merge.theirs && (!merge.clash || mine.has(merge));
      if (isMine) text = applyEdit(text, setAt(parseYaml(text), merge.path, typed(merge.path, merge.mine)));
    }
    this.adopt(theirs);
    this.change(text);
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.asking?.abort();
  }
}

function versionIn(text: string): string {
  return (
    /^ {2}resourceVersion: ['"]?(\d+)/m.exec(text)?.[1] ?? String(valueAt(parseYaml(text).value, ['metadata', 'resourceVersion']) ?? '')
  );
}

async function readOrNothing(ref: Ref): Promise<string | undefined> {
  try {
    return await readJob(ref);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return undefined;
  }
}

/** The draft of a job: the one that there is, or a new one. */
export function draftOf(ref: Ref): Draft {
  const stored = storedDraft(ref);
  return stored instanceof Draft ? stored : new Draft(ref);
}
