/**
 * The rules of zlint that a private CA for a cluster does not follow, and why each. Every other one is kept, and none stands
 * here that is never broken. All are demands on CAs that browsers trust: of RFC 5280 none is left out.
 */

export interface NotForUs {
  readonly lint: string;
  /** Who demands it, in zlint's words. */
  readonly source: 'CABF_BR' | 'Apple' | 'Community';
  readonly why: string;
}

const publicRoots =
  'roots of browsers are told apart by their owner; ours has one cluster and is told apart by its key';
const publicIssuer =
  'where to fetch the issuer, a CRL or OCSP is for strangers: who verifies has our CA file beside the certificate, and addresses ' +
  'of a cluster in its certificates would have to outlive it';
const vettedSubject =
  'a public CA vets who an organization is; ours are groups of Kubernetes RBAC, such as system:nodes';
const privateNames =
  'names and addresses inside a cluster are private ones: localhost, kubernetes.default.svc, 10.0.0.1, m1';
const userName =
  'the common name is a user of Kubernetes RBAC, such as system:node:n1, and never compared with a host name';

export const notForUs: readonly NotForUs[] = [
  { lint: 'e_ca_country_name_missing', source: 'CABF_BR', why: publicRoots },
  { lint: 'e_ca_organization_name_missing', source: 'CABF_BR', why: publicRoots },
  {
    lint: 'w_root_ca_basic_constraints_path_len_constraint_field_present',
    source: 'CABF_BR',
    why: 'a public root signs intermediates; ours signs leaves only, and path length 0 makes every verifier refuse more',
  },
  { lint: 'e_sub_cert_aia_missing', source: 'CABF_BR', why: publicIssuer },
  { lint: 'w_sub_cert_aia_does_not_contain_issuing_ca_url', source: 'CABF_BR', why: publicIssuer },
  { lint: 'e_missing_crl_distrib_point', source: 'CABF_BR', why: publicIssuer },
  {
    lint: 'e_sub_cert_certificate_policies_missing',
    source: 'CABF_BR',
    why: 'a policy names the vetting of a public CA; ours is the certificate list, the same for all',
  },
  { lint: 'e_sub_cert_cert_policy_empty', source: 'CABF_BR', why: 'as e_sub_cert_certificate_policies_missing' },
  { lint: 'e_sub_cert_country_name_must_appear', source: 'CABF_BR', why: vettedSubject },
  { lint: 'e_sub_cert_locality_name_must_appear', source: 'CABF_BR', why: vettedSubject },
  { lint: 'e_sub_cert_province_must_appear', source: 'CABF_BR', why: vettedSubject },
  { lint: 'w_subject_common_name_included', source: 'CABF_BR', why: userName },
  { lint: 'e_subject_common_name_not_exactly_from_san', source: 'CABF_BR', why: userName },
  { lint: 'e_dnsname_bad_character_in_label', source: 'CABF_BR', why: userName },
  { lint: 'e_dnsname_not_valid_tld', source: 'CABF_BR', why: privateNames },
  { lint: 'e_ext_san_contains_reserved_ip', source: 'CABF_BR', why: privateNames },
  { lint: 'n_san_iana_pub_suffix_empty', source: 'Community', why: privateNames },
  {
    lint: 'w_ext_subject_key_identifier_not_recommended_subscriber',
    source: 'CABF_BR',
    why: 'RFC 5280 §4.2.1.2 recommends it for leaves; 24 bytes are no matter here',
  },
  {
    lint: 'n_ct_sct_policy_count_unsatisfied',
    source: 'Apple',
    why: 'certificates of a private CA do not belong into public logs: our ledger is what Certificate Transparency is for them',
  },
];
