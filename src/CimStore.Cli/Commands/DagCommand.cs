using System.Buffers;
using System.CommandLine;
using System.IO.Pipelines;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Content;
using CimStore.Diagnostics;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore dag`: structured data in, structured data out, in the codec that is asked for.</summary>
internal static class DagCommand
{
    /// <summary>Blocks are small by nature; other tools stop at 2 MiB.</summary>
    private const int BlockSizeMaxBytes = 64 * 1024 * 1024;

    private static readonly string[] CodecWords = ["dag-cbor", "dag-json", "dag-pb", "raw"];

    private static readonly Option<string> InputCodec = StoreOptions.Choice(
        "--input-codec", "What standard input is written in", "dag-json", "dag-cbor", "dag-pb", "raw");

    public static CliCommand Create()
    {
        var command = new CliCommand("dag", "Put and get structured data: dag-cbor, dag-json, dag-pb, raw.")
        {
            Examples =
            [
                ("echo '{\"a\":1}' | cimstore dag put --codec dag-cbor", "store JSON as DAG-CBOR; prints the CID"),
                ("cimstore dag get CID", "the same as JSON again"),
                ("cimstore dag get --codec dag-cbor < a.json > a.cbor", "only transcode"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.Corrupt, ExitCode.InUse],
        };
        command.Add(CreatePut());
        command.Add(CreateGet());
        return command;
    }

    private static CliCommand CreatePut()
    {
        var codec = StoreOptions.Choice("--codec", "What to store it as", CodecWords);
        var hash = StoreOptions.Choice("--hash", "The hash of the CID", "blake3", "sha2-256");
        var command = new CliCommand("put", "Read a value from standard input, write it in a codec, store it.")
        {
            Prints = "The CID; with --json what put prints.",
            Examples =
            [
                ("cimstore dag put < value.json", "DAG-JSON in, stored as DAG-CBOR"),
                ("cimstore dag put --codec dag-pb --input-codec dag-pb < node.pb", "checked and stored"),
            ],
            Exits = [ExitCode.Refused, ExitCode.LocationFailed, ExitCode.Corrupt, ExitCode.InUse],
        };
        command.Add(codec);
        command.Add(InputCodec);
        command.Add(hash);
        StoreOptions.AddCommonTo(command);
        command.Runs(async (session, cancellationToken) =>
        {
            var to = StoreOptions.ParseCodec(session.Value(codec));
            var block = await TranscodeInputAsync(session, to, cancellationToken);
            var request = StoreOptions.ReadCommon(session) with
            {
                Codec = to,
                HashFunction = StoreOptions.ParseHash(session.Value(hash)),
                LengthBytes = block.Length,
            };
            var store = await session.OpenOrCreateAsync(cancellationToken);
            var reader = PipeReader.Create(new ReadOnlySequence<byte>(block));
            var stored = await store.Client.StoreAsync(reader, request, cancellationToken);
            if (session.IsJson)
            {
                session.Out.Json(Shape.Of(stored, "-"), CliJson.Default.StoredJson);
            }
            else
            {
                session.Out.Line(stored.Cid.ToString());
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static CliCommand CreateGet()
    {
        var cid = new Argument<string?>("CID")
        {
            Description = "What to read; without it standard input is transcoded",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var codec = StoreOptions.Choice("--codec", "What to write it as", ["dag-json", "dag-cbor", "dag-pb", "raw"]);
        var command = new CliCommand(
            "get", "Write a stored value, or one from standard input, in a codec to standard output.")
        {
            Prints = "The value in the codec, nothing else.",
            Examples =
            [
                ("cimstore dag get CID", "as DAG-JSON"),
                ("cimstore dag get CID --codec dag-cbor", "as it is stored"),
                ("cimstore dag get --input-codec dag-cbor < a.cbor", "standard input as DAG-JSON"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.LocationFailed, ExitCode.Corrupt, ExitCode.InUse],
        };
        command.Add(cid);
        command.Add(codec);
        command.Add(InputCodec);
        command.Runs(async (session, cancellationToken) =>
        {
            var to = StoreOptions.ParseCodec(session.Value(codec));
            var block = session.Value(cid) is { } text
                ? await TranscodeStoredAsync(session, CidText.Parse(text), to, cancellationToken)
                : await TranscodeInputAsync(session, to, cancellationToken);
            session.Out.Raw.Write(block.Span);
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<ReadOnlyMemory<byte>> TranscodeInputAsync(
        CliSession session, ulong to, CancellationToken cancellationToken)
    {
        var from = StoreOptions.ParseCodec(session.Value(InputCodec));
        var input = new ArrayBufferWriter<byte>();
        await using var source = StandardInput.Open();
        for (int count; (count = await source.ReadAsync(input.GetMemory(64 * 1024), cancellationToken)) > 0;)
        {
            input.Advance(count);
            RefuseAbove(input.WrittenCount);
        }

        return Transcode(input.WrittenMemory, from, to, isLoose: true);
    }

    private static async Task<ReadOnlyMemory<byte>> TranscodeStoredAsync(
        CliSession session, Cid cid, ulong to, CancellationToken cancellationToken)
    {
        var store = await session.OpenAsync(cancellationToken);
        var record = await store.Client.StatAsync(cid, cancellationToken) ?? throw Contents.NotHere(cid);
        RefuseAbove(record.SizeBytes);
        using var block = new MemoryStream((int)record.SizeBytes);
        var writer = PipeWriter.Create(block, new StreamPipeWriterOptions(leaveOpen: true));
        await Contents.CopyAsync(store.Client, cid, ByteRange.All, writer, cancellationToken);
        await writer.CompleteAsync();
        return Transcode(block.GetBuffer().AsMemory(0, (int)block.Length), cid.Codec, to, isLoose: false);
    }

    /// <param name="isLoose">JSON that a person wrote: spaces and the order of keys do not matter.</param>
    private static ReadOnlyMemory<byte> Transcode(ReadOnlyMemory<byte> block, ulong from, ulong to, bool isLoose)
    {
        if (!IpldCodec.IsSupported(from))
        {
            throw CliException.Usage($"{Codecs.Name(from)} cannot be read as structured data; cat writes its bytes.");
        }

        var isJson = from == Codecs.DagJson && isLoose;
        if (from == to && !isJson)
        {
            IpldCodec.Validate(from, block.Span);
            return block;
        }

        var node = isJson ? DagJson.DecodeLoose(block.Span) : IpldCodec.Decode(from, block.Span);
        var output = new ArrayBufferWriter<byte>(Math.Max(block.Length, 256));
        try
        {
            IpldCodec.Encode(to, node, output);
        }
        catch (ArgumentException exception)
        {
            throw new CliException(
                ExitCode.Refused, $"{Codecs.Name(to)} cannot say this value: {exception.Message}", exception);
        }

        return output.WrittenMemory;
    }

    private static void RefuseAbove(long sizeBytes)
    {
        if (sizeBytes > BlockSizeMaxBytes)
        {
            throw new CliException(
                ExitCode.Refused,
                $"A block of structured data has at most {Sizes.Of(BlockSizeMaxBytes)}; put takes any size.");
        }
    }
}
