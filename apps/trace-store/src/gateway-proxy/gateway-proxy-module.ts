import type { Logger } from '@kaizen-trace/service-kit';
import {
  All,
  Controller,
  Inject,
  Module,
  Req,
  Res,
  ServiceUnavailableException,
  type DynamicModule,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { openForwarding, type Forwarding, type ForwardOptions } from '../forwarding/forward.js';
import { gatewayAt, operatingParts } from '../forwarding/gateway.js';

/** The gateway that the console's questions are passed on to; may be named later, and anew. */
export interface GatewayProxy {
  /** Undefined: none, and whoever asks is told so. */
  point(url: string | undefined): void;
  current(): Forwarding | undefined;
  close(): void;
}

/** What may be set of a proxy. */
export interface GatewayProxySetup extends ForwardOptions {
  readonly logger: Logger;
  /** Shown to the gateway for those who show no key. */
  readonly key?: string | undefined;
}

/** A proxy that points nowhere yet. */
export const createGatewayProxy = ({ logger, key, ...options }: GatewayProxySetup): GatewayProxy => {
  let forwarding: Forwarding | undefined;
  const point = (url: string | undefined): void => {
    forwarding?.close();
    forwarding = url === undefined ? undefined : openForwarding(gatewayAt(url, key), options);
    if (url !== undefined) logger.debug({ gateway: url }, 'passing the operating API on');
  };
  return { point, current: () => forwarding, close: () => point(undefined) };
};

const routes = operatingParts.flatMap((part) => [`api/${part}`, `api/${part}/*`]);

const gatewayProxy = Symbol('gatewayProxy');

@Controller()
class GatewayProxyController implements OnModuleDestroy {
  readonly #proxy: GatewayProxy;

  constructor(@Inject(gatewayProxy) proxy: GatewayProxy) {
    this.#proxy = proxy;
  }

  @All(routes)
  pass(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const forwarding = this.#proxy.current();
    if (forwarding === undefined)
      throw new ServiceUnavailableException(
        'no gateway is known here: set KAIZEN_GATEWAY_URL to where it is',
      );
    forwarding.forward(request, reply);
  }

  onModuleDestroy(): void {
    this.#proxy.close();
  }
}

/** The operating API of a gateway, on the console's own origin: who may ask is for a guard. Bodies must reach it unread. */
@Module({})
export class GatewayProxyModule {
  static forRoot(proxy: GatewayProxy): DynamicModule {
    return {
      module: GatewayProxyModule,
      controllers: [GatewayProxyController],
      providers: [{ provide: gatewayProxy, useValue: proxy }],
    };
  }
}
