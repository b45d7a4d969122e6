/** What somebody sees who is to log in, or to log in again. */
import { keepDrafts, unsaved } from '../job/draft-store.ts';
import { Notice } from '../parts.tsx';
import { access, enterToken } from './session.ts';
import { settings } from './settings.ts';

async function toIssuer(): Promise<void> {
  keepDrafts();
  const { beginLogin } = await import('./oidc.ts');
  await beginLogin();
}

/** Asks for a login where one is wanted, above whatever the page shows: nothing that was typed is lost by it. */
export function Door() {
  const now = access.value;
  if (now.state === 'in') return null;
  const kept = unsaved().length > 0 ? ' Your changes are kept.' : '';
  if (settings.issuer !== undefined) {
    const button = (
      <button type="button" class="primary" onClick={() => void toIssuer()}>
        Log in
      </button>
    );
    return (
      <Notice tone="warn" title="Log in to go on" action={button}>
        <p>
          {now.why}
          {kept}
        </p>
      </Notice>
    );
  }
  return (
    <Notice tone="warn" title="This gateway wants a token" action={<TokenForm />}>
      <p>Paste a bearer token. It stays in this tab's memory.{kept}</p>
    </Notice>
  );
}

function TokenForm() {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get('token');
    if (typeof token === 'string' && token.trim() !== '') enterToken(token.trim());
  };
  return (
    <form class="token" onSubmit={submit}>
      <input name="token" type="password" aria-label="Bearer token" autocomplete="off" spellcheck={false} />
      <button type="submit" class="primary">
        Use it
      </button>
    </form>
  );
}
