/** The page: its head, whoever is asked to log in, and the list or one job. */
import { useSignal } from '@preact/signals';
import { type ComponentType, render } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Ref } from './api/jobs.ts';
import { readSelf } from './api/rights.ts';
import { restoreDrafts, unsaved } from './job/draft-store.ts';
import { ListPage } from './list/list-page.tsx';
import { Notice, Skeleton } from './parts.tsx';
import { Who } from './rights-page.tsx';
import { backToList, jobHash, readRoute, route } from './route.ts';
import { Door } from './session/door.tsx';
import { access, leave, logins } from './session/session.ts';
import { root, settings } from './session/settings.ts';

addEventListener('beforeunload', (event) => {
  if (unsaved().length > 0 && access.peek().state === 'in') event.preventDefault();
});

function App() {
  const now = route.value;
  useEffect(() => {
    scrollTo(0, 0);
  }, [now.page]);
  useEffect(() => {
    if (access.peek().state === 'in') void readSelf();
  }, [logins.value]);
  return (
    <>
      <header class="top">
        <a class="brand" href={backToList()}>
          <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
            <path d="M3 3h14v4H3zM3 13h14v4H3zM8.5 7h3v6h-3z" fill="currentColor" />
          </svg>
          tfjob-gateway
        </a>
        <span class="where">{new URL(root).host}</span>
        <Who namespace={now.page === 'job' ? now.ref.namespace : now.filter.namespace} />
      </header>
      {access.value.state === 'out' && (
        <div class="page door">
          <Door />
        </div>
      )}
      {now.page === 'job' ? <LazyJob key={jobHash(now.ref)} at={now.ref} /> : <ListPage />}
    </>
  );
}

/** The page of a job with what it needs, loaded by who opens one. */
function LazyJob({ at }: { at: Ref }) {
  const page = useSignal<ComponentType<{ at: Ref }> | undefined>(undefined);
  const failed = useSignal(false);
  useEffect(() => {
    import('./job/job-page.tsx').then(
      ({ JobPage }) => (page.value = JobPage),
      () => (failed.value = true),
    );
  }, []);
  const Page = page.value;
  if (Page) return <Page at={at} />;
  return (
    <main class="page" tabIndex={-1}>
      {failed.value ? (
        <Notice tone="bad" title="The page could not be loaded">
          <p>Load it again.</p>
        </Notice>
      ) : (
        <Skeleton rows={6} label="Loading" />
      )}
    </main>
  );
}

/** Before anything is asked: who comes back from the issuer ends his login, and who was never there is sent to it. */
async function begin(): Promise<void> {
  let isLeaving = false;
  if (settings.issuer !== undefined) {
    const { beginLogin, endLogin, isReturn } = await import('./session/oidc.ts');
    if (isReturn()) {
      await endLogin();
      // The address is what it was before, which no event tells.
      route.value = readRoute(location.hash);
    } else {
      leave('You are being sent to log in.');
      isLeaving = await beginLogin();
    }
  }
  // Who turned back at the issuer is sent there once more: what was kept is for when he comes from it.
  if (!isLeaving) restoreDrafts();
  const place = document.getElementById('app') as HTMLElement;
  place.replaceChildren();
  render(<App />, place);
}

void begin();
