/**
 * Version 1 of the wire schema, frozen: the same as `schemas/hook-context.v1.avsc`, which a spec compares. Kept here too
 * so that no file is read at run time. A changed schema is a new version with a file and a constant of its own.
 */
export const hookContextV1 = {
  type: 'record',
  name: 'HookContext',
  namespace: 'kaizen.trace',
  doc: 'One lifecycle event of one agent. The record key on the topic is trace_id, UTF-8.',
  fields: [
    {
      name: 'event_id',
      type: 'string',
      doc: 'Unique per event; a second record of the same trace with the same event_id is a duplicate.',
    },
    {
      name: 'trace_id',
      type: 'string',
      doc: "The run's id as the agent knows it: any non-empty string, commonly a UUID.",
    },
    {
      name: 'event_type',
      type: 'string',
      doc: 'Lower snake case: pre_tool_use, post_tool_use, or any custom name.',
    },
    { name: 'agent_id', type: 'string' },
    {
      name: 'timestamp',
      type: { type: 'long', logicalType: 'timestamp-micros' },
      doc: 'When it happened, microseconds since the Unix epoch.',
    },
    { name: 'service_name', type: ['null', 'string'], default: null, doc: 'OTel resource service.name.' },
    {
      name: 'call_id',
      type: ['null', 'string'],
      default: null,
      doc: 'Pairs one PRE with its POST where several calls of one name are open at once.',
    },
    {
      name: 'parent_call_id',
      type: ['null', 'string'],
      default: null,
      doc: 'call_id of the operation that this one runs inside.',
    },
    {
      name: 'data',
      default: {},
      type: {
        type: 'map',
        values: [
          'null',
          'boolean',
          'double',
          'string',
          { type: 'array', items: ['null', 'boolean', 'double', 'string'] },
          {
            type: 'record',
            name: 'Json',
            doc: 'A nested value, kept as JSON text.',
            fields: [{ name: 'json', type: 'string' }],
          },
        ],
      },
    },
    {
      name: 'metadata',
      default: {},
      type: {
        type: 'map',
        values: [
          'null',
          'boolean',
          'double',
          'string',
          { type: 'array', items: ['null', 'boolean', 'double', 'string'] },
          'kaizen.trace.Json',
        ],
      },
    },
    {
      name: 'result',
      default: null,
      type: [
        'null',
        {
          type: 'record',
          name: 'HookResult',
          doc: 'Outcome that a POST event carries.',
          fields: [
            { name: 'success', type: 'boolean' },
            {
              name: 'error',
              type: ['null', 'string'],
              default: null,
              doc: 'Required where success is false.',
            },
            { name: 'error_type', type: ['null', 'string'], default: null },
            { name: 'stack', type: ['null', 'string'], default: null },
            { name: 'duration_ms', type: ['null', 'double'], default: null },
          ],
        },
      ],
    },
  ],
} as const;
