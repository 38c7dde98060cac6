import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Makes the calls of scripts with grpc-java's client.
 *
 * <p>A line of the input is a call: the address of its server, its timeout in milliseconds or 0, and its service config,
 * with tabs between. A line of the output is the number of the code that it ended with.
 */
final class Client {
  /** Messages are bytes as they are: nothing of them matters here. */
  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] message) {
          return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream message) {
          try {
            return message.readAllBytes();
          } catch (IOException error) {
            throw new UncheckedIOException(error);
          }
        }
      };

  private static final byte[] NONE = {};

  private Client() {}

  public static void main(String[] arguments) throws IOException {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] fields = line.split("\t", 3);
      if (fields.length != 3) {
        System.err.println("not a call: " + line);
        System.exit(2);
      }
      System.out.println(call(fields[0], Long.parseLong(fields[1]), fields[2]));
    }
  }

  /** The number of the code of one call, on a channel of its own. */
  private static int call(String address, long timeout, String config) {
    Map<String, ?> parsed = new Gson().fromJson(config, new TypeToken<Map<String, Object>>() {});
    ManagedChannel channel =
        NettyChannelBuilder.forTarget("dns:///" + address)
            .usePlaintext()
            .proxyDetector(server -> null)
            .enableRetry()
            .disableServiceConfigLookUp()
            .defaultServiceConfig(parsed)
            .build();
    try {
      ClientCalls.blockingUnaryCall(channel, method("WarmUp"), CallOptions.DEFAULT, NONE);
      return codeOf(channel, timeout);
    } finally {
      channel.shutdownNow();
    }
  }

  private static int codeOf(ManagedChannel channel, long timeout) {
    CallOptions options = CallOptions.DEFAULT;
    if (timeout > 0) {
      options = options.withDeadlineAfter(timeout, TimeUnit.MILLISECONDS);
    }
    try {
      // Hedges begin on this thread, one after the other: their order is that of their numbers.
      ClientCalls.blockingUnaryCall(channel, method("Call"), options, NONE);
      return 0;
    } catch (StatusRuntimeException error) {
      return error.getStatus().getCode().value();
    }
  }

  private static MethodDescriptor<byte[], byte[]> method(String name) {
    return MethodDescriptor.newBuilder(BYTES, BYTES)
        .setType(MethodType.UNARY)
        .setFullMethodName(MethodDescriptor.generateFullMethodName("attempts.Service", name))
        .build();
  }
}
