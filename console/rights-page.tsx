/** What somebody may do, as the gateway answers it. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { readRights, self } from './api/rights.ts';
import { type Rights, type Rule, rulesOfJobs } from './text/rules.ts';

/** Who the page speaks for; it opens what he may do. */
export function Who({ namespace }: { namespace: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const rights = useSignal<Rights | undefined>(undefined);
  const where = useSignal(namespace);
  useEffect(() => {
    where.value = namespace;
  }, [namespace]);
  const ask = async () => {
    rights.value = await readRights(where.value || 'default');
  };
  const open = () => {
    dialog.current?.showModal();
    void ask();
  };
  if (!self.value) return null;
  const { username, groups } = self.value;
  return (
    <>
      <button type="button" class="quiet who push" onClick={open} title="What may I do?">
        {username.split(/[/#]/).at(-1)}
      </button>
      <dialog ref={dialog} class="rights" aria-labelledby="rights-title">
        <h2 id="rights-title">What may I do?</h2>
        <dl class="facts">
          <div>
            <dt>You are</dt>
            <dd>
              <code>{username}</code>
            </dd>
          </div>
          <div>
            <dt>Groups</dt>
            <dd>{groups.length > 0 ? groups.join(', ') : 'none'}</dd>
          </div>
        </dl>
        <label class="row">
          <span>In the namespace</span>
          <input
            value={where.value}
            placeholder="default"
            spellcheck={false}
            onInput={(event) => (where.value = event.currentTarget.value.trim())}
            onChange={() => void ask()}
          />
        </label>
        <Rules rights={rights.value} />
        <div class="row">
          <button type="button" class="push" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </dialog>
    </>
  );
}

function Rules({ rights }: { rights: Rights | undefined }) {
  const rules = rulesOfJobs(rights);
  if (rules.length === 0) return <p class="detail">Nothing with jobs there.</p>;
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Jobs</th>
            <th scope="col">Verbs</th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={JSON.stringify(rule)}>
              <td>{whichOf(rule)}</td>
              <td>{rule.verbs.map((verb) => (verb === '*' ? 'everything' : verb)).join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function whichOf({ resources = [], resourceNames = [] }: Rule): string {
  const kinds = resources.includes('*') ? 'all kinds' : resources.join(', ');
  return resourceNames.length > 0 ? `${kinds}: ${resourceNames.join(', ')}` : kinds;
}
