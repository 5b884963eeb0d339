/// Commands that run beside the server: what `import` and `generate` do.
@NullMarked
package io.clientele.cli;

import org.jspecify.annotations.NullMarked;
