import { expect, it } from 'vitest';
import { evaluate } from './evaluate.ts';

it.each([
  ["format.dns1123Label().validate('abc')", 'optional.none @9'],
  ["format.dns1123Subdomain().validate('abc')", 'optional.none @16'],
  ["format.dns1035Label().validate('abc')", 'optional.none @9'],
  ["format.qualifiedName().validate('abc')", 'optional.none @16'],
  ["format.dns1123LabelPrefix().validate('abc')", 'optional.none @9'],
  ["format.dns1123SubdomainPrefix().validate('abc')", 'optional.none @16'],
  ["format.dns1035LabelPrefix().validate('abc')", 'optional.none @9'],
  ["format.labelValue().validate('abc')", 'optional.none @11'],
  ["format.uri().validate('/a')", 'optional.none @277'],
  ["format.uuid().validate('123e4567-e89b-12d3-a456-426614174000')", 'optional.none @73'],
  ["format.byte().validate('YWI=')", 'optional.none @22'],
  ["format.date().validate('2024-02-29')", 'optional.none @37'],
  ["format.datetime().validate('2024-02-29T23:59:59.5Z')", 'optional.none @55'],
  [
    "format.dns1123Label().validate('A_B!')",
    "optional([\"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')\"]) @9",
  ],
  [
    "format.dns1123Subdomain().validate('A_B!')",
    "optional([\"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\"]) @16",
  ],
  [
    "format.dns1035Label().validate('A_B!')",
    "optional([\"a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')\"]) @9",
  ],
  [
    "format.qualifiedName().validate('A_B!')",
    "optional([\"name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')\"]) @16",
  ],
  [
    "format.dns1123LabelPrefix().validate('A_B!')",
    "optional([\"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')\"]) @9",
  ],
  [
    "format.dns1123SubdomainPrefix().validate('A_B!')",
    "optional([\"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\"]) @16",
  ],
  [
    "format.dns1035LabelPrefix().validate('A_B!')",
    "optional([\"a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')\"]) @9",
  ],
  [
    "format.labelValue().validate('A_B!')",
    "optional([\"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')\"]) @11",
  ],
  ["format.uri().validate('A_B!')", 'optional(["parse \\"A_B!\\": invalid URI for request"]) @277'],
  ["format.uuid().validate('A_B!')", 'optional(["does not match the UUID format"]) @19'],
  ["format.byte().validate('A_B!')", 'optional(["invalid base64"]) @22'],
  ["format.date().validate('A_B!')", 'optional(["invalid date"]) @19'],
  ["format.datetime().validate('A_B!')", 'optional(["invalid datetime"]) @19'],
  [
    "format.dns1123Label().validate('')",
    "optional([\"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')\"]) @9",
  ],
  [
    "format.dns1123Subdomain().validate('')",
    "optional([\"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\"]) @16",
  ],
  [
    "format.dns1035Label().validate('')",
    "optional([\"a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')\"]) @9",
  ],
  [
    "format.qualifiedName().validate('')",
    "optional([\"name part must be non-empty\",\"name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')\"]) @16",
  ],
  [
    "format.dns1123LabelPrefix().validate('')",
    "optional([\"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')\"]) @9",
  ],
  [
    "format.dns1123SubdomainPrefix().validate('')",
    "optional([\"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\"]) @16",
  ],
  [
    "format.dns1035LabelPrefix().validate('')",
    "optional([\"a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')\"]) @9",
  ],
  ["format.labelValue().validate('')", 'optional.none @11'],
  ["format.uri().validate('')", 'optional(["parse \\"\\": empty url"]) @277'],
  ["format.uuid().validate('')", 'optional(["does not match the UUID format"]) @19'],
  ["format.byte().validate('')", 'optional(["invalid base64"]) @22'],
  ["format.date().validate('')", 'optional(["invalid date"]) @19'],
  ["format.datetime().validate('')", 'optional(["invalid datetime"]) @19'],
  ["format.dns1123Label().validate('a.b')", 'optional(["must not contain dots"]) @9'],
  ["format.dns1123LabelPrefix().validate('abc-')", 'optional.none @9'],
  [
    "format.dns1123LabelPrefix().validate('é-')",
    "optional([\"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')\"]) @9",
  ],
  ["format.dns1123SubdomainPrefix().validate('a.b-')", 'optional.none @16'],
  ["format.dns1035LabelPrefix().validate('1-')", 'optional.none @9'],
  [
    "format.dns1123Label().validate('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')",
    'optional(["must be no more than 63 characters"]) @57',
  ],
  [
    "format.dns1123Subdomain().validate('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')",
    'optional(["must be no more than 253 characters"]) @391',
  ],
  [
    "format.dns1035Label().validate('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')",
    'optional(["must be no more than 63 characters"]) @57',
  ],
  [
    "format.qualifiedName().validate('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')",
    'optional(["name part must be no more than 63 bytes"]) @106',
  ],
  [
    "format.qualifiedName().validate('a/b/c')",
    "optional([\"a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')\"]) @16",
  ],
  ["format.qualifiedName().validate('/b')", 'optional(["prefix part must be non-empty"]) @16'],
  [
    "format.qualifiedName().validate('a_/b')",
    "optional([\"prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\"]) @16",
  ],
  ["format.qualifiedName().validate('a.b/c')", 'optional.none @16'],
  [
    "format.qualifiedName().validate('a/')",
    "optional([\"name part must be non-empty\",\"name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')\"]) @16",
  ],
  [
    "format.qualifiedName().validate('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/c')",
    'optional(["prefix part must be no more than 253 bytes"]) @391',
  ],
  [
    "format.labelValue().validate('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')",
    'optional(["must be no more than 63 bytes"]) @71',
  ],
  ["format.date().validate('2023-02-29')", 'optional(["invalid date"]) @37'],
  ["format.date().validate('2024-13-01')", 'optional(["invalid date"]) @37'],
  ["format.datetime().validate('2024-01-01T24:00:00Z')", 'optional(["invalid datetime"]) @55'],
  ["format.datetime().validate('2024-01-01t00:00:00+01:00')", 'optional.none @55'],
  ["format.named('uri').hasValue()", 'true @2'],
  ["format.named('x')", 'optional.none @1'],
  ["format.named('toString')", 'optional.none @1'],
  ["format.named('uuid').value() == format.uuid()", 'true @4'],
  ['format.uri() == format.uuid()', 'false @3'],
  ['type(format.uri())', 'type(kubernetes.NamedFormat) @2'],
])('Kubernetes answers for named formats: %s', (expression, answer) => {
  expect(evaluate(expression)).toBe(answer);
});
