import { formatMs, formatRatio } from '../foundation/units.js';
import { unbroken } from '../report/text-width.js';
import type { PageEvidence, PageFinding, PageFindingGroup } from '../model/page-data.js';

interface FindingListProps {
  groups: readonly PageFindingGroup[];
  /** Leads to where a finding is proven. */
  onShow: (evidence: PageEvidence) => void;
}

/** The findings, worst first; what one statement broke stands together, with what it all comes from said once. */
export function FindingList({ groups, onShow }: FindingListProps) {
  return (
    <ol class="findings">
      {groups.map((group) => (
        <li key={group.findings[0]?.id}>
          <Group group={group} onShow={onShow} />
        </li>
      ))}
    </ol>
  );
}

function Group({
  group: { step, statement, findings },
  onShow,
}: { group: PageFindingGroup } & Pick<FindingListProps, 'onShow'>) {
  const [first] = findings;
  if (!first) return null;
  const several = findings.length > 1;
  const shared = statement ?? first.statement;
  return (
    <article class={`finding-group ${weightClass(first)}`}>
      {several ? (
        <h3>
          {findings.length} findings{step === undefined ? '' : ` in step ${step}`}
        </h3>
      ) : null}
      {shared === undefined ? null : <Statement text={shared} />}
      {findings.map((finding) => (
        <OneFinding key={finding.id} finding={finding} several={several} onShow={onShow} />
      ))}
      <Common findings={findings} />
    </article>
  );
}

function weightClass({ weight, waived }: PageFinding): string {
  if (waived !== undefined) return 'waived';
  return { 'NO-GO': 'no-go', INVALID: 'invalid', note: 'note' }[weight];
}

function OneFinding({
  finding,
  several,
  onShow,
}: { finding: PageFinding; several: boolean } & Pick<FindingListProps, 'onShow'>) {
  const { id, rule, weight, waived, what, where, howBad, why, parts, evidence } = finding;
  const Title = several ? 'h4' : 'h3';
  return (
    <div class={`finding ${weightClass(finding)}`} id={id}>
      <Title>
        <span class="badge">{waived === undefined ? weight : `waived ${weight}`}</span>{' '}
        <span class="rule">{rule}</span> {unbroken(what)}
      </Title>
      <p class="about">
        {unbroken([where, howBad].filter((text) => text !== undefined).join(' — '))}
        {waived === undefined ? '' : ` (${waived})`}
        <span class="evidence">
          {evidence.fromUs === undefined ? null : (
            <button type="button" onClick={() => onShow({ ...evidence, anchor: 'timeline' })}>
              Show on the timeline
            </button>
          )}
          {evidence.wait === undefined ? null : (
            <button type="button" onClick={() => onShow({ ...evidence, anchor: 'lock-waits' })}>
              Show the lock wait
            </button>
          )}
          {evidence.anchor === undefined ? null : (
            <button type="button" onClick={() => onShow({ anchor: evidence.anchor ?? '' })}>
              {evidence.anchor.startsWith('statement-')
                ? 'Show the statement'
                : `Show the ${evidence.anchor}`}
            </button>
          )}
        </span>
      </p>
      {why.length > 0 || parts.length > 0 ? (
        <details open={!several}>
          <summary>Why</summary>
          {why.map((line, at) => (
            <p key={at}>{unbroken(line)}</p>
          ))}
          <Parts parts={parts} />
        </details>
      ) : null}
    </div>
  );
}

/** Shares below it are told, not drawn as a bar of no width. */
const leastShare = 0.005;

/** What the lost time was spent on; the shares add up. */
function Parts({ parts }: Pick<PageFinding, 'parts'>) {
  const told = parts.filter(({ share, kind }) => share >= leastShare || kind === 'unexplained');
  if (told.length === 0) return null;
  return (
    <ul class="parts">
      {told
        .toSorted((a, b) => b.share - a.share)
        .map(({ kind, text, ms, share }, at) => (
          <li key={at}>
            <span class="share" aria-hidden="true">
              <span style={{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }} />
            </span>
            <b>{formatRatio(Number(share.toFixed(3)))}</b>{' '}
            <span class="about">
              ({formatMs(ms)}, {kind})
            </span>{' '}
            {text}
          </li>
        ))}
    </ul>
  );
}

/** What all findings of a group have in common: each text once. */
function Common({ findings }: { findings: readonly PageFinding[] }) {
  const each = (of: (finding: PageFinding) => string | undefined) => [
    ...new Set(findings.flatMap((finding) => of(finding) ?? [])),
  ];
  const hazards = each(({ hazard }) => hazard);
  const remedies = each(({ waived, remedy }) => (waived === undefined ? remedy : undefined));
  const hints = [...new Set(findings.flatMap((finding) => finding.hints))];
  const [twin] = each((finding) => finding.twin);
  return (
    <dl class="common">
      {hazards.length > 0 ? <Row title="Hazard" texts={hazards} /> : null}
      {remedies.length > 0 ? <Row title="Try" texts={remedies} /> : null}
      {hints.length > 0 ? <Row title="Squawk" texts={hints} /> : null}
      {twin === undefined ? null : (
        <>
          <dt>Instead</dt>
          <dd>
            <pre tabIndex={0} role="region" aria-label="SQL to use instead">
              {twin}
            </pre>
          </dd>
        </>
      )}
    </dl>
  );
}

function Row({ title, texts }: { title: string; texts: readonly string[] }) {
  return (
    <>
      <dt>{title}</dt>
      {texts.map((text, at) => (
        <dd key={at}>{text}</dd>
      ))}
    </>
  );
}

/** A statement may be pages long: it scrolls within itself. */
function Statement({ text }: { text: string }) {
  return (
    <pre class="statement" tabIndex={0} role="region" aria-label="statement">
      {text}
    </pre>
  );
}
