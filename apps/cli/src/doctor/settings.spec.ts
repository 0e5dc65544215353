import { describe, expect, it } from '@jest/globals';
import { examine } from '../testing/examine.js';

const settingsWith = async (env: Record<string, string>): Promise<string> =>
  (await examine(env)).lines('settings');

describe('doctor on the environment', () => {
  it('finds nothing in an environment that is well', async () => {
    expect(
      await settingsWith({ OTEL_TRACES_SAMPLER: 'parentbased_always_on', OTEL_SDK_DISABLED: 'false' }),
    ).toMatch(/^ok: /);
  });

  it.each([
    [{ OTEL_SDK_DISABLED: 'true' }, /^failed: OTEL_SDK_DISABLED .* no span at all.*Unset it/],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, /^failed: OTEL_TRACES_SAMPLER is always_off/],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, /^failed: OTEL_TRACES_SAMPLER/],
    [
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
      /^failed: OTEL_TRACES_SAMPLER_ARG is 0/,
    ],
    [
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' },
      /^warned: .*of 10 traces/,
    ],
    [{ OTEL_SERVICE_NAME: 'one', SERVICE_NAME: 'two' }, /^warned: OTEL_SERVICE_NAME is one.*first one wins/],
    [{ KAIZEN_GATEWAY_ULR: 'http://gateway:4310' }, /^warned: KAIZEN_GATEWAY_ULR .*KAIZEN_GATEWAY_URL/],
  ])('says what %j does', async (env: Record<string, string>, finding) => {
    expect(await settingsWith(env)).toMatch(finding);
  });

  it('names the half that a filter leaves out, whichever it is', async () => {
    const both = 'pre_agent_loop,post_agent_loop';
    expect(await settingsWith({ KAIZEN_EVENTS_TO_TRACE: both })).toMatch(/^ok: /);
    expect(await settingsWith({ KAIZEN_EVENTS_TO_TRACE: `${both},pre_tool_use` })).toMatch(
      /pre_tool_use through, but not post_tool_use: .*abandoned.*Add post_tool_use/,
    );
    expect(await settingsWith({ KAIZEN_EVENTS_TO_TRACE: `${both},post_llm_call,note` })).toMatch(
      /^warned: .*post_llm_call through, but not pre_llm_call: .*orphan.*Add pre_llm_call/,
    );
  });

  it('tells when gRPC takes the way of a proxy, as gRPC itself reads the variables', async () => {
    const proxy = { http_proxy: 'http://proxy.example:3128' };
    expect(await settingsWith(proxy)).toMatch(
      /gRPC to localhost:1 goes through the proxy that http_proxy names/,
    );
    expect(await settingsWith({ ...proxy, no_proxy: 'example.org,localhost' })).toMatch(/^ok: /);
    expect(await settingsWith({ ...proxy, no_proxy: 'localhost', no_grpc_proxy: 'other' })).toMatch(
      /^warned: /,
    );
    const address = { ...proxy, JAEGER_HOST: '10.1.2.3' };
    expect(await settingsWith({ ...address, no_proxy: '10.0.0.0/8' })).toMatch(/^ok: /);
    expect(await settingsWith({ ...address, no_proxy: '11.0.0.0/8' })).toMatch(/^warned: /);
  });
});
