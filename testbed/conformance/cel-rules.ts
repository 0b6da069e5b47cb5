// Rules of Kubernetes' CEL that hold for any object: one for each function of its libraries and for their corners. A real API
// server and the sandbox take them all, and find them all true (test/cluster/cel-rules.test.ts, src/sandbox/cluster/cel/libraries.test.ts).

export const TRUE_RULES: readonly string[] = [
  // strings: https://pkg.go.dev/github.com/google/cel-go/ext#Strings
  "'aBc'.lowerAscii() == 'abc' && 'aBc'.upperAscii() == 'ABC' && ' a '.trim() == 'a'",
  "'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c']",
  "'hello'.substring(2) == 'llo' && 'hello'.substring(1, 3) == 'el' && 'hello'.charAt(1) == 'e'",
  "'hello'.indexOf('l') == 2 && 'hello'.indexOf('l', 3) == 3 && 'hello'.indexOf('x') == -1",
  "'hello'.lastIndexOf('l') == 3 && 'hello'.lastIndexOf('l', 2) == 2",
  "'hello'.replace('l', 'L') == 'heLLo' && 'hello'.replace('l', 'L', 1) == 'heLlo'",
  "'hello'.replace('l', 'L', -1) == 'heLLo' && 'hello'.replace('l', 'L', 0) == 'hello' && 'a'.replace('a', '$&') == '$&'",
  "'%s is %d, %s'.format(['a', 1, true]) == 'a is 1, true' && '100%%'.format([]) == '100%'",
  `'%s'.format([['a', 1, 1.5, true, null]]) == '["a", 1, 1.500000, true, null]' && '%s'.format([{'k': 1, 'a': 'b'}]) == '{"a":"b", "k":1}'`,
  "'%e %.2e'.format([12.0, -0.00012]) == '1.200000×10⁰¹ -1.200000×10⁻⁰⁴' && '%s'.format([[b'a']]) == '[b\"a\"]'",
  "'%.2f %f'.format([1.5, 2.0]) == '1.50 2.000000'",
  "'%x %X %x %b %b %o'.format([255, 255, 'ab', 5, true, 8]) == 'ff FF 6162 101 1 10'",
  "'%s %s'.format([timestamp('2026-01-02T03:04:05Z'), 1.5]) == '2026-01-02T03:04:05Z 1.5'",
  "strings.quote('a\"b') == '\"a\\\\\"b\"' && strings.quote('a\\n') == '\"a\\\\n\"'",
  // lists, regular expressions, URLs: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-cel-libraries
  "[1, 2, 3].sum() == 6 && [1.5, 2.5].sum() == 4.0 && [1, 3].min() == 1 && [1, 3].max() == 3",
  "'abc 123'.find('[0-9]+') == '123' && 'abc'.find('[0-9]+') == ''",
  "'123 456'.findAll('[0-9]+') == ['123', '456'] && '123 456'.findAll('[0-9]+', 1) == ['123']",
  "'123 456'.findAll('[0-9]+', -1) == ['123', '456'] && '123'.findAll('[0-9]+', 0) == []",
  "isURL('https://a.b/c') && !isURL('../x') && url('https://a:80/p?k=v&k=w').getQuery()['k'] == ['v', 'w']",
  "url('https://a.b:80/p%20q?k=v').getHostname() == 'a.b' && url('https://a:80/p').getHost() == 'a:80'",
  // sets: https://pkg.go.dev/github.com/google/cel-go/ext#Sets
  "sets.contains([1, 2, 3], [1, 2]) && !sets.contains([1], [1, 2]) && sets.contains([], [])",
  "sets.equivalent([1, 2], [2, 1, 1]) && !sets.equivalent(['a'], ['b'])",
  "sets.intersects([1, 2], [2, 3]) && !sets.intersects(['a'], ['b']) && !sets.intersects([], [1])",
  "sets.contains([[1], [2]], [[2]]) && sets.equivalent([{'a': 1}], [{'a': 1}])",
  // quantities: https://pkg.go.dev/k8s.io/apiserver/pkg/cel/library#Quantity
  "isQuantity('1Gi') && isQuantity('1e3') && isQuantity('-.5') && isQuantity('+1.') && isQuantity('1E')",
  "!isQuantity('1.3Gu') && !isQuantity('') && !isQuantity('1 Gi') && !isQuantity('1K') && !isQuantity('1e') && isQuantity('.') && isQuantity('Ki')",
  "quantity('1Gi').isGreaterThan(quantity('1M')) && quantity('50k').isLessThan(quantity('1Mi'))",
  "quantity('200M').compareTo(quantity('0.2G')) == 0 && quantity('50k').compareTo(quantity('50M')) == -1",
  "quantity('50k').isInteger() && quantity('50k').asInteger() == 50000 && quantity('0.2G').isInteger()",
  "!quantity('500m').isInteger() && !quantity('1000m').isInteger() && !quantity('1.0').isInteger()",
  "quantity('1Ki').isInteger() && !quantity('1.5Ki').isInteger() && quantity('8Ei').compareTo(quantity('9E')) == 1",
  "!quantity('9999999999999999999999999999999999999G').isInteger()",
  "quantity('500m').asApproximateFloat() == 0.5 && quantity('1.5Gi').asApproximateFloat() == 1610612736.0",
  "sign(quantity('1')) == 1 && sign(quantity('-1')) == -1 && sign(quantity('0')) == 0",
  "quantity('50k').add(20) == quantity('50020') && quantity('50k').add(quantity('20k')) == quantity('70k')",
  "quantity('50k').sub(20000) == quantity('30k') && quantity('50k').sub(quantity('20k')) == quantity('30k')",
  "quantity('1n').compareTo(quantity('0.1n')) == 0 && quantity('500m').add(quantity('500m')).asApproximateFloat() == 1.0",
  // semantic versions: https://pkg.go.dev/k8s.io/apiserver/pkg/cel/library#SemverLib
  "isSemver('1.2.3') && isSemver('1.2.3-rc.1+b.7') && !isSemver('v1.2.3') && !isSemver('1.2') && !isSemver('01.2.3')",
  "isSemver('v1.2', true) && isSemver('01.02', true) && semver('v1.02', true) == semver('1.2.0')",
  "semver('1.2.3').major() == 1 && semver('1.2.3').minor() == 2 && semver('1.2.3-rc.1').patch() == 3",
  "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('1.2.3').isGreaterThan(semver('1.2.3-alpha'))",
  "semver('1.0.0-alpha').isLessThan(semver('1.0.0-alpha.1')) && semver('1.0.0-alpha.1').isLessThan(semver('1.0.0-alpha.beta'))",
  "semver('1.0.0-beta.2').isLessThan(semver('1.0.0-beta.11')) && semver('1.0.0-2').isLessThan(semver('1.0.0-a'))",
  "semver('1.2.3').compareTo(semver('1.2.3+build')) == 0 && semver('2.0.0').compareTo(semver('1.9.9')) == 1",
  // addresses: https://pkg.go.dev/k8s.io/apiserver/pkg/cel/library#IP and #CIDR
  "isIP('1.2.3.4') && isIP('::1') && !isIP('1.2.3') && !isIP('::ffff:1.2.3.4') && !isIP('::ffff:102:304') && !isIP('fe80::1%eth0')",
  "ip('127.0.0.1').isLoopback() && ip('::1').isLoopback() && !ip('10.0.0.1').isLoopback()",
  "ip('0.0.0.0').isUnspecified() && ip('::').isUnspecified() && ip('169.254.1.1').isLinkLocalUnicast() && ip('fe80::1').isLinkLocalUnicast()",
  "ip('224.0.0.1').isLinkLocalMulticast() && ip('ff02::1').isLinkLocalMulticast() && !ip('224.0.1.1').isLinkLocalMulticast()",
  "ip('192.168.0.1').isGlobalUnicast() && ip('2001:db8::1').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast()",
  "!ip('239.1.1.1').isGlobalUnicast() && !ip('ff05::1').isGlobalUnicast() && !ip('::').isGlobalUnicast()",
  "ip('::1').family() == 6 && ip('1.2.3.4').family() == 4 && ip('::1') == ip('0:0:0:0:0:0:0:1')",
  "ip.isCanonical('127.0.0.1') && ip.isCanonical('2001:db8::abcd') && !ip.isCanonical('2001:DB8::ABCD') && !ip.isCanonical('2001:db8::0:0:0:abcd')",
  "string(ip('1.2.3.4')) == '1.2.3.4' && string(ip('2001:DB8:0:0:1:0:0:1')) == '2001:db8::1:0:0:1'",
  "isCIDR('10.0.0.0/8') && isCIDR('::/0') && !isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0/08') && !isCIDR('10.0.0.0')",
  "cidr('192.168.0.0/24').containsIP(ip('192.168.0.1')) && cidr('192.168.0.0/24').containsIP('192.168.0.1') && !cidr('192.168.0.0/24').containsIP('192.168.1.1')",
  "cidr('192.168.0.0/16').containsCIDR(cidr('192.168.10.0/24')) && !cidr('192.168.10.0/24').containsCIDR('192.168.0.0/16') && cidr('::/0').containsCIDR('2001:db8::/32')",
  "cidr('192.168.0.5/24').ip() == ip('192.168.0.5') && cidr('192.168.0.5/24').masked() == cidr('192.168.0.0/24') && cidr('2001:db8::5/32').masked() == cidr('2001:db8::/32')",
  "cidr('192.168.0.0/24').prefixLength() == 24 && string(cidr('192.168.0.0/24')) == '192.168.0.0/24' && !cidr('::/0').containsIP('1.2.3.4')",
  // formats: https://pkg.go.dev/k8s.io/apiserver/pkg/cel/library#Format
  "!format.dns1123Label().validate('my-name').hasValue() && format.dns1123Label().validate('My').hasValue()",
  "format.named('dns1123Label').hasValue() && !format.named('nothing').hasValue()",
  "!format.dns1123LabelPrefix().validate('a-').hasValue() && !format.dns1123SubdomainPrefix().validate('a.b-').hasValue() && !format.dns1035LabelPrefix().validate('a-').hasValue()",
  "!format.byte().validate('aGVsbG8=').hasValue() && format.byte().validate('?').hasValue()",
  "!format.date().validate('2021-01-01').hasValue() && format.date().validate('2021-01').hasValue()",
  "!format.datetime().validate('2021-01-01T00:00:00Z').hasValue() && format.datetime().validate('2021-01-01').hasValue()",
  "!format.uuid().validate('123e4567-e89b-12d3-a456-426614174000').hasValue() && format.labelValue().validate('a/b').hasValue()",
  // macros with two variables: https://pkg.go.dev/github.com/google/cel-go/ext#TwoVarComprehensions
  "[1, 2, 3].all(i, v, i < v) && !{'a': 1}.all(k, v, k == 'b' && v == 1) && {'a': 1}.exists(k, v, k == 'a' && v == 1)",
  "[1, 2].exists(i, v, i == 1 && v == 2) && [1, 2].existsOne(i, v, v == 2) && ![2, 2].existsOne(i, v, v == 2)",
  "[1, 2].transformList(i, v, v + i) == [1, 3] && [1, 2].transformList(i, v, i > 0, v) == [2]",
  "{'a': 1, 'b': 2}.transformMap(k, v, v + 1) == {'a': 2, 'b': 3} && {'a': 1, 'b': 2}.transformMap(k, v, v > 1, k) == {'b': 'b'}",
  "['x', 'y'].transformMapEntry(i, v, {v: i}) == {'x': 0, 'y': 1} && [1, 2].transformMap(i, v, v * 2)[1] == 4",
  "([1] + [2]).all(i, v, [[3]].exists(j, w, w[0] > v && j <= i)) && {'a': [1]}.all(k, v, v.all(i, x, k + string(x + i) == 'a1'))",
  "['a.b'].all(i, v, v.matches('^(?i)A') && i == 0) && [{'a': 1}].all(i, v, has(v.a) && !has([v][0].b))",
  "[1, 2].all(i, v, (i) < (v)) && [1].all( i , v , ((v) == (1)) && (i == 0) ) && [1, 2].transformList(i, v, (i) > (0), (v)) == [2]",
  // the language
  "'a' in ['a'] && 7 / 2 == 3 && -7 % 3 == -1 && uint(1) == 1u && dyn(1) == 1.0 && type(1) == int",
  "duration('1h').getHours() == 1 && timestamp('2023-01-01T00:00:00Z').getFullYear() == 2023",
  "!has(self.x) && self.?x.orValue('d') == 'd' && [1, 2][?5].orValue(7) == 7",
  "optional.of(1).hasValue() && optional.none().orValue(2) == 2 && !optional.ofNonZeroValue(0).hasValue()",
  "optional.ofNonZeroValue('a').hasValue() && !optional.ofNonZeroValue('').hasValue() && !optional.ofNonZeroValue([]).hasValue()",
  "size('é') == 1 && b'abc' == bytes('abc') && int('12') == 12 && double('1.5') == 1.5 && bool('true')",
  "{'a': 1}.all(k, k == 'a') && [1, 2, 3].filter(x, x > 1) == [2, 3] && [1, 2].exists_one(x, x == 2)",
];

/**
 * True as well, but a real API server fears what they might cost, were the lists and texts longer, and refuses a definition with them.
 * The sandbox counts no costs.
 */
export const COSTLY_RULES: readonly string[] = [
  "['a', 'b'].join('-') == 'a-b' && ['a', 'b'].join() == 'ab'",
  "[1, 2].isSorted() && !['b', 'a'].isSorted()",
  "['a', 'b', 'b'].indexOf('b') == 1 && ['a', 'b', 'b'].lastIndexOf('b') == 2 && ['a'].indexOf('b') == -1",
  "quantity('0.2G') == quantity('200M') && quantity('1e3') == quantity('1k') && quantity('1Ki') != quantity('1k')",
];

/** Functions that other users of CEL have, and Kubernetes has not: a definition that calls them is refused. */
export const FOREIGN_RULES: readonly string[] = [
  "math.greatest(1, 2) == 2",
  "lists.range(3) == [0, 1, 2]",
  "[1, 2, 3].slice(0, 2) == [1, 2]",
  "[[1], [2]].flatten() == [1, 2]",
  "[1, 1, 2].distinct() == [1, 2]",
  "[3, 1].sort() == [1, 3]",
  "base64.encode(b'hello') == 'aGVsbG8='",
  "'abc'.reverse() == 'cba'",
  "quantity('1').sign() == 1",
];
