package io.clientele.bench.jmh;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.lang.management.ManagementFactory;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// One ES256 signature of 600 bytes, about the size of a token, by the provider that Clientele
/// signs with: what a token would cost if all else were free.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Thread)
public class SignatureAlone {

  private static final Provider PROVIDER = AmazonCorrettoCryptoProvider.INSTANCE;

  private final byte[] input = new byte[600];
  private final PrivateKey key;

  public SignatureAlone() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", PROVIDER);
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      key = generator.generateKeyPair().getPrivate();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The CPU time of the measuring thread, beside the time on the clock, which other programs
  /// lengthen.
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Cpu {
    /// Nanoseconds.
    public long cpuNanos;

    /// Signatures.
    public long signatures;

    private long before;

    @Setup(Level.Iteration)
    public void begin() {
      cpuNanos = 0;
      signatures = 0;
      before = now();
    }

    @TearDown(Level.Iteration)
    public void end() {
      cpuNanos = now() - before;
    }

    private static long now() {
      return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
  }

  @Benchmark
  public byte[] sign(Cpu cpu) throws GeneralSecurityException {
    cpu.signatures++;
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format", PROVIDER);
    signature.initSign(key);
    signature.update(input);
    return signature.sign();
  }
}
