import { z } from 'zod';

/**
 * What SARIF 2.1.0 (OASIS standard, sections named beside) demands of the objects that dten writes. Strict: a property
 * that the specification does not know is an error.
 */
const message = z.strictObject({ text: z.string().min(1) }); // 3.11
/** 3.49.3: an id; 3.27.5: a result's may be hierarchical. */
const ruleId = z.string().regex(/^[\w-]+(\/[\w-]+)*$/);
const level = z.enum(['none', 'note', 'warning', 'error']); // 3.27.10
const positive = z.number().int().min(1);

const reportingDescriptor = z.strictObject({
  id: ruleId,
  name: z.string().min(1),
  shortDescription: message,
  fullDescription: message,
  help: message,
  defaultConfiguration: z.strictObject({ level }),
});

/** 3.4.3: a URI reference as RFC 3986 has it. */
const uri = z.string().regex(/^(file:\/\/)?([\w.~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+$/);

const region = z // 3.30
  .strictObject({
    startLine: positive,
    startColumn: positive.optional(),
    endLine: positive.optional(),
    endColumn: positive.optional(),
    snippet: z.strictObject({ text: z.string() }).optional(),
  })
  .refine(({ startLine, endLine = startLine }) => endLine >= startLine, '3.30.7: endLine before startLine')
  .refine(
    ({ startLine, endLine = startLine, startColumn = 1, endColumn = Infinity }) =>
      endLine > startLine || endColumn >= startColumn,
    '3.30.8: endColumn before startColumn',
  );

const location = z.strictObject({
  physicalLocation: z.strictObject({
    artifactLocation: z
      .strictObject({ uri, uriBaseId: z.string().optional() })
      // 3.4.4: an absolute URI has no base.
      .refine((at) => at.uri.startsWith('file:') !== (at.uriBaseId !== undefined), 'uri and uriBaseId'),
    region,
  }),
  logicalLocations: z.array(z.strictObject({ fullyQualifiedName: z.string().min(1) })).optional(),
});

const result = z.strictObject({
  ruleId,
  ruleIndex: z.number().int().min(0),
  level,
  message,
  locations: z.array(location).length(1),
  partialFingerprints: z.record(z.string(), z.string().min(1)),
  suppressions: z
    .array(
      z.strictObject({
        kind: z.enum(['inSource', 'external']),
        status: z.enum(['accepted', 'underReview', 'rejected']),
        justification: z.string().min(1),
      }),
    )
    .optional(),
  properties: z.record(z.string(), z.unknown()),
});

const run = z
  .strictObject({
    tool: z.strictObject({
      driver: z.strictObject({
        name: z.string().min(1),
        semanticVersion: z.string().regex(/^\d+\.\d+\.\d+/),
        rules: z.array(reportingDescriptor),
      }),
    }),
    automationDetails: z.strictObject({ id: z.string().regex(/\/$/) }), // 3.17.3: ends with / where it names no run
    invocations: z.array(
      z.strictObject({
        executionSuccessful: z.boolean(), // 3.20.14: required
        startTimeUtc: z.iso.datetime(),
        exitCodeDescription: z.string().optional(),
      }),
    ),
    originalUriBaseIds: z.record(z.string(), z.strictObject({ description: message })),
    columnKind: z.enum(['utf16CodeUnits', 'unicodeCodePoints']),
    results: z.array(result),
    properties: z.record(z.string(), z.unknown()),
  })
  .superRefine(({ tool, results, originalUriBaseIds }, context) => {
    const { rules } = tool.driver;
    const problem = (text: string) => context.addIssue({ code: 'custom', message: text });
    if (new Set(rules.map(({ id }) => id)).size !== rules.length) problem('3.49.3: rule ids are unique');
    for (const { ruleId: id, ruleIndex, locations } of results) {
      // 3.52.4: the index is the rule's.
      if (rules[ruleIndex]?.id !== id) problem(`${id} is not rule ${ruleIndex}`);
      const base = locations[0]?.physicalLocation.artifactLocation.uriBaseId;
      if (base !== undefined && !(base in originalUriBaseIds)) problem(`${base} is not declared`);
    }
  });

export const sarifSchema = z.strictObject({
  $schema: z.url(),
  version: z.literal('2.1.0'),
  runs: z.array(run).length(1),
});
