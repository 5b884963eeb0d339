/// Secrets, digests, signatures and sealing. Knows no feature and no protocol.
@NullMarked
package io.clientele.crypto;

import org.jspecify.annotations.NullMarked;
