/** The five fields as a form. What is typed becomes the least change of the YAML text. */
import type { Field, PlacedField } from '../../lib/job/fields.ts';
import { settings } from '../session/settings.ts';
import { setAt } from '../text/edit.ts';
import { scalarsOf, showPath, typed } from '../text/fields.ts';
import { valueAt } from '../text/value.ts';
import { durationOf } from '../words.ts';
import { Causes } from './causes.tsx';
import type { Draft } from './draft.ts';
import { MapField } from './map-field.tsx';
import type { Finding } from './verdict.ts';

export function Form({ draft, mayChange }: { draft: Draft; mayChange: boolean }) {
  const { state, found } = draft.verdict.value;
  const now = state === 'checking' ? [] : found;
  return (
    <form class="fields" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="all" disabled={!mayChange}>
        <legend class="unseen">Five fields</legend>
        <MapField draft={draft} name="labels" found={now} />
        <MapField draft={draft} name="annotations" found={now} />
        <div class="scalars">
          {scalarsOf(settings.layout).map((field) => (
            <ScalarField key={field.name} draft={draft} field={field} found={now} />
          ))}
        </div>
      </fieldset>
    </form>
  );
}

const help: Record<string, string> = {
  activeDeadlineSeconds: 'How long the job may run before it is ended.',
  ttlSecondsAfterFinished: 'How long the job is kept after it has finished.',
  cleanPodPolicy: 'Which pods are deleted when the job has finished.',
};

interface ScalarProps {
  draft: Draft;
  field: PlacedField;
  found: readonly Finding[];
}

function ScalarField({ draft, field, found }: ScalarProps) {
  const [now, was] = [draft.parsed, draft.baseParsed].map(({ value }) => textOf(valueAt(value.value, field.path)));
  const path = showPath(field.path);
  const id = `field-${field.name}`;
  const set = (text: string) => draft.edit(setAt(draft.parsed.peek(), field.path, text === '' ? undefined : typed(field.path, text)));
  const isWrong = found.some((one) => one.path === path && one.level === 'error');
  const attributes = { id, 'aria-invalid': isWrong, 'aria-describedby': `${id}-causes ${id}-help`, value: now ?? '' };
  return (
    <div class={now === was ? 'field' : 'field dirty'}>
      <label for={id}>{field.name}</label>
      {field.value.type === 'enum' ? (
        <select {...attributes} onChange={(event) => set(event.currentTarget.value)}>
          <Choices field={field} now={now} />
        </select>
      ) : (
        <div class="unit">
          <input {...attributes} inputMode="numeric" placeholder="not set" onInput={(event) => set(event.currentTarget.value.trim())} />
          <span>s{durationOf(now) && ` = ${durationOf(now)}`}</span>
        </div>
      )}
      <Causes found={found} path={path} id={`${id}-causes`} />
      <p class="help" id={`${id}-help`}>
        {help[field.name] ?? field.description}
        {now !== was && (
          <>
            {' '}
            Now: <b>{was ?? 'not set'}</b>
          </>
        )}
      </p>
    </div>
  );
}

function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

function Choices({ field, now }: { field: Field; now: string | undefined }) {
  const values = field.value.type === 'enum' ? [...field.value.values] : [];
  if (now !== undefined && !values.includes(now)) values.push(now);
  return (
    <>
      <option value="">not set</option>
      {values.map((value) => (
        <option key={value} value={value}>
          {value}
        </option>
      ))}
    </>
  );
}
