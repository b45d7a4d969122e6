import { brief } from '../words.ts';
import type { Finding } from './verdict.ts';

/** What was found about a path. */
export function Causes({ found, path, id }: { found: readonly Finding[]; path: string; id: string }) {
  const mine = found.filter((one) => one.path === path);
  if (mine.length === 0) return null;
  return (
    <ul class="causes" id={id}>
      {mine.map(({ message, level }) => (
        <li key={message} class={level}>
          {brief(message)}
        </li>
      ))}
    </ul>
  );
}
