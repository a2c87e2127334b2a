import * as field from '../../resource/field/index.ts';

const told = (shown: string, body = shown) => field.optionalText(body, { shown });
const demanded = (what: string) =>
  field.optionalFlag(`Whether the request demands ${what}.`, { shown: `Whether it demanded ${what}.` });
const labels = field.stringMap('Labels of the request.');

/** What a request says of itself, beside its workspace. */
export const requestContext = {
  endpointType: told('The kind of endpoint that asked.', 'The kind of endpoint that asks.'),
  endpointId: told('The endpoint that asked.', 'The endpoint that asks.'),
  stepType: told('The kind of step.'),
  purpose: told('What for.'),
  expectedParallelism: told('How parallel it would be.', 'How parallel it will be.'),
  requiresStreaming: demanded('streaming'),
  requiresFunctionCalling: demanded('function calling'),
  requiresVision: demanded('vision'),
  tags: { ...labels, create: labels.create.nullable() },
  workspaceTags: field.optionalStringMap("Labels that stand in for the workspace's own.", {
    shown: "Labels that stood in for the workspace's own.",
  }),
};
export const contextBody = field.createBody(requestContext);
