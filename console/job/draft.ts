/** One job that is looked at and perhaps edited: what was read, what is written of it, and what the gateway says of that. */
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { Refused } from '../api/http.ts';
import { type Ref, readJob, type Written, writeJob } from '../api/jobs.ts';
import { settings } from '../session/settings.ts';
import { lineAt, type Parsed, parseYaml } from '../text/document.ts';
import { applyEdit, type Edit, setAt } from '../text/edit.ts';
import { mergePatchBetween } from '../text/patch.ts';
import { valueAt } from '../text/value.ts';
import { type Keeps, type Kept, storeDraft, storedDraft } from './draft-store.ts';
import { readTheirs, settle, versionIn } from './others.ts';
import { accepted, checking, clean, refused, type Verdict } from './verdict.ts';

/** Milliseconds after the last key; a large text takes longer to be read again. */
const pause = 350;
const longPause = 1000;
const large = 500_000;
const versionPath = ['metadata', 'resourceVersion'];

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
  /** By which verb it is written: what the caller may do decides. */
  private verb: 'update' | 'patch' = 'update';
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
      const text = await readJob(this.ref);
      // Who had it before him may have typed on meanwhile.
      if (this.isDirty.value) return this.check();
      this.adopt(text);
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

  /** Says by which verb it is written, when that is known. What was asked by the other is asked again. */
  writeBy(verb: 'update' | 'patch'): void {
    if (this.verb === verb) return;
    this.verb = verb;
    if (this.isDirty.peek()) void this.check();
  }

  /** Sends the text as it stands or, for who may only patch, all that is different in it and the version that was read. */
  private send(dryRun: boolean, signal?: AbortSignal): Promise<Written> {
    const how = { dryRun, ...(signal && { signal }) };
    const { text, value, errors } = this.parsed.value;
    const [error] = errors;
    // What the page cannot read is never written, but asked about: the gateway says more of it.
    if (this.verb === 'update' && (dryRun || !error)) return writeJob(this.ref, 'PUT', error ? text : this.onVersionSeen(), how);
    if (!error) return writeJob(this.ref, 'PATCH', mergePatchBetween(this.baseParsed.value.value, value), how);
    const message = `line ${lineAt(text, error.from)}: ${error.message}`;
    return Promise.reject(new Refused(400, { message, details: { causes: [{ reason: 'FieldValueInvalid', message }] } }));
  }

  /** The text with the version that was read, whatever somebody made of it: without one, it would be written over what others changed. */
  private onVersionSeen(): string {
    const [version, now] = [this.baseParsed.value, this.parsed.value].map(({ value }) => valueAt(value, versionPath));
    if (now === version || version === undefined) return this.text.value;
    return applyEdit(this.text.value, setAt(this.parsed.value, versionPath, String(version)));
  }

  /** Asks the gateway what would become of the draft. An answer about an older text is not looked at. */
  async check(): Promise<void> {
    this.stop();
    const asking = new AbortController();
    this.asking = asking;
    const text = this.text.value;
    this.verdict.value = checking(this.verdict.value);
    try {
      const answer = await this.send(true, asking.signal);
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
      const written = await this.send(false);
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
    this.change(applyEdit(text, setAt(parseYaml(text), versionPath, version)));
    this.said.value = said;
  }

  private async fail(error: unknown, saving: boolean): Promise<void> {
    if (!(error instanceof Refused)) throw error;
    this.verdict.value = refused(error, this.baseParsed.value, this.parsed.value, settings.layout, saving);
    if (error.code === 409) await readTheirs(this);
    else if (saving && error.isOpen) await settle(this);
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.asking?.abort();
  }
}

/** The draft of a job: the one that there is, or a new one. */
export function draftOf(ref: Ref): Draft {
  const stored = storedDraft(ref);
  return stored instanceof Draft ? stored : new Draft(ref);
}
