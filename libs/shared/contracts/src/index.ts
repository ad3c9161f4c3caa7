export type { EventData, EventType } from './events/catalogue.ts';
export { eventCatalogue, eventTypes } from './events/catalogue.ts';
export type { CloudEvent, EventOrigin, Fact } from './events/cloud-event.ts';
export { busSubjectOf, cloudEventOf, subjectPrefix, typePrefix } from './events/cloud-event.ts';
export type { EventDefinition, EventScope } from './events/event-definition.ts';
export type { EventExample } from './events/event-example.ts';
export { eventExamples, exampleEventOf } from './events/examples.ts';
export type {
  Automation,
  CfsslKey as CfsslKeyDescription,
  CreateAutomationRequest,
  CreateAutomationResponse,
  CreateCfsslKeyRequest,
  CreateCfsslKeyResponse,
  CreateTokenRequest,
  CreateTokenResponse,
  JoinToken as JoinTokenDescription,
  ListAutomationsResponse,
  ListCfsslKeysResponse,
  ListHostsResponse,
  ListTokensResponse,
  RegisteredHost as RegisteredHostDescription,
  RemoveHostRequest,
  RemoveHostResponse,
  RevokeAutomationRequest,
  RevokeAutomationResponse,
  RevokeCfsslKeyRequest,
  RevokeCfsslKeyResponse,
  RevokeTokenRequest,
  RevokeTokenResponse,
  RotateCfsslKeyRequest,
  RotateCfsslKeyResponse,
} from './generated/easycerts/ca/v1/administration.ts';
export {
  AutomationsService,
  CfsslKeysService,
  HostsService,
  TokensService,
} from './generated/easycerts/ca/v1/administration.ts';
export type { CertificateAuthorityServer } from './generated/easycerts/ca/v1/certificate_authority.ts';
export {
  BulkSigningService,
  CertificateAuthorityClient,
  CertificateAuthorityService,
  GetCertificateRequest,
  GetTrustBundleRequest,
  GetTrustBundleResponse,
  IssuedCertificate,
  ListCertificatesRequest,
  ListCertificatesResponse,
  SignRequest,
  SignResponse,
  SignStreamRequest,
  SignStreamResponse,
  TrustBundle,
} from './generated/easycerts/ca/v1/certificate_authority.ts';
export type {
  EnrolmentServer,
  EnrolRequest,
  EnrolResponse,
  LeaveResponse,
  MembershipServer,
} from './generated/easycerts/ca/v1/enrolment.ts';
export { EnrolmentService, MembershipService } from './generated/easycerts/ca/v1/enrolment.ts';
