import { Path } from '../parts.tsx';
import { type Change, showPath } from '../text/fields.ts';
import { seen } from '../text/unseen.ts';

/** From what to what each field changes. */
export function Changes({ changes }: { changes: readonly Change[] }) {
  return (
    <ul class="changes">
      {changes.map(({ path, before, after }) => (
        <li key={showPath(path)}>
          <Path path={showPath(path)} />
          <span class="vals">
            {before === undefined && <i>new</i>}
            {after === undefined && <i>removed</i>}
            {before !== undefined && <del>{seen(before) || '""'}</del>}
            {before !== undefined && after !== undefined && <Arrow />}
            {after !== undefined && <ins>{seen(after) || '""'}</ins>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Arrow() {
  return (
    <>
      <span aria-hidden="true">→</span>
      <span class="unseen">becomes</span>
    </>
  );
}
