import { CfnOutput } from 'aws-cdk-lib';
import {
  BasePathMapping,
  type CfnDomainName,
  type CfnRestApi,
  DomainName,
  EndpointAccessMode,
  EndpointType,
  type IDomainName,
  type IRestApi,
  type RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { type ApplicationLoadBalancer, SslPolicy } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import {
  AaaaRecord,
  ARecord,
  HostedZone,
  type IAliasRecordTarget,
  type IHostedZone,
  RecordTarget,
} from 'aws-cdk-lib/aws-route53';
import { ApiGatewayDomain, LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { isPrivate, privateName } from './private-name.ts';
import type { Domain, InfraSettings } from './settings/index.ts';
import { bad, PREFIX } from './settings/setting.ts';

/**
 * What API Gateway and a load balancer call the oldest version of TLS that they speak, with suites of forward secrecy alone where
 * there is a choice
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html,
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html).
 */
const POLICIES = {
  '1.2': { api: SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09, loadBalancer: SslPolicy.RECOMMENDED_TLS },
  '1.3': { api: SecurityPolicy.TLS13_1_3_2025_09, loadBalancer: SslPolicy.TLS13_13 },
} as const;

/** The stage's names: the certificate that proves them, what they lead to, and how they are spoken to. */
export class StageDomain extends Construct {
  /** Where callers go: what they put before every path. */
  readonly url: string;
  readonly certificateArn: string;
  readonly sslPolicy: SslPolicy;
  readonly #domain: Domain;
  readonly #zone: IHostedZone | undefined;

  constructor(scope: Construct, id: string, domain: Domain, { certificateArn }: Pick<InfraSettings, 'certificateArn'>) {
    super(scope, id);
    this.#domain = domain;
    const { name, basePath, certified, zone } = domain;
    this.url = `https://${name}/${basePath === '' ? '' : `${basePath}/`}`;
    this.sslPolicy = POLICIES[domain.tls].loadBalancer;
    this.#zone =
      zone && HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId: zone.id, zoneName: zone.name });
    const [domainName, ...subjectAlternativeNames] = certified;
    this.certificateArn =
      certificateArn ??
      (domainName === undefined
        ? ''
        : new Certificate(this, 'Certificate', {
            domainName,
            ...(subjectAlternativeNames.length === 0 ? {} : { subjectAlternativeNames }),
            validation: CertificateValidation.fromDns(this.#zone),
          }).certificateArn);
  }

  /** The name leads to the API, whose own address speaks the same TLS, or is closed. @param api private by now, if it is to be */
  leadToApi(api: RestApi): void {
    const { name, basePath, defaultEndpoint, tls, existing } = this.#domain;
    const securityPolicy = POLICIES[tls].api;
    const rest = api.node.defaultChild as CfnRestApi;
    // A handshake under a custom domain goes by the policy of the API, so both have the same
    // (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-update.html).
    rest.securityPolicy = securityPolicy;
    // The stricter mode refuses a name that is not the address's own: that of the domain, or of an endpoint.
    rest.endpointAccessMode = EndpointAccessMode.BASIC;
    if (!defaultEndpoint) rest.disableExecuteApiEndpoint = true;
    if (isPrivate(api)) {
      if (existing)
        throw bad(`${PREFIX}domain.existing`, 'is of a public API, and this one is private (tollgate:network)');
      const told = { domainName: name, basePath, certificateArn: this.certificateArn, securityPolicy };
      const endpoint = privateName(this, api, told);
      if (endpoint !== undefined) this.#alias('Alias', name, endpoint, false);
      return;
    }
    new BasePathMapping(this, 'Mapping', {
      domainName: this.#domainOf(securityPolicy),
      // The cast: CDK's own class and interface differ under exactOptionalPropertyTypes.
      restApi: api as IRestApi,
      stage: api.deploymentStage,
      ...(basePath === '' ? {} : { basePath }),
    });
  }

  #domainOf(securityPolicy: SecurityPolicy): IDomainName {
    const { name: domainName, existing } = this.#domain;
    // Only its name is asked for.
    if (existing)
      return DomainName.fromDomainNameAttributes(this, 'Name', {
        domainName,
        domainNameAliasTarget: '',
        domainNameAliasHostedZoneId: '',
      });
    const made = new DomainName(this, 'Name', {
      domainName,
      certificate: Certificate.fromCertificateArn(this, 'Proof', this.certificateArn),
      endpointType: EndpointType.REGIONAL,
      securityPolicy,
      endpointAccessMode: EndpointAccessMode.STRICT,
    });
    // Else an AAAA record would be an alias of nothing.
    (made.node.defaultChild as CfnDomainName).addPropertyOverride('EndpointConfiguration.IpAddressType', 'dualstack');
    this.#alias('Alias', domainName, new ApiGatewayDomain(made), true);
    if (this.#zone === undefined) {
      new CfnOutput(this, 'Target', { value: made.domainNameAliasDomainName });
      new CfnOutput(this, 'TargetZone', { value: made.domainNameAliasHostedZoneId });
    }
    return made;
  }

  /** Its name, and that of the API where there is none, lead to the load balancer. */
  leadToLoadBalancer(loadBalancer: ApplicationLoadBalancer): void {
    const { name, ofApi, containerName } = this.#domain;
    const target = new LoadBalancerTarget(loadBalancer);
    // It has no address of IPv6: neither has its network.
    if (!ofApi) this.#alias('Alias', name, target, false);
    if (containerName !== undefined) this.#alias('ContainerAlias', containerName, target, false);
  }

  /** The id is the name's, whatever it leads to: a name that moves from one door to the other is changed, and not made twice. */
  #alias(id: string, recordName: string, to: IAliasRecordTarget, overIpv6: boolean): void {
    const zone = this.#zone;
    if (zone === undefined) return;
    const target = RecordTarget.fromAlias(to);
    new ARecord(this, id, { zone, recordName, target });
    if (overIpv6) new AaaaRecord(this, `${id}V6`, { zone, recordName, target });
  }
}
