/// Attacks the real server and counts. A class here is a case of the trust suite ([TrustCase]) and
/// counts into a [Tally]; a short form of each runs among all tests, the counts that are documented
/// in docs/trust.md come from `./verify --trust` ([TrustRun]).
@NullMarked
package io.clientele.trust;

import org.jspecify.annotations.NullMarked;
