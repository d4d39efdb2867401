using System.Buffers;
using System.IO.Pipelines;
using CimStore.Content;

namespace CimStore.Tests.Content;

/// <summary>Archives in memory.</summary>
internal static class CarTesting
{
    public static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;

    public static PipeReader PipeOf(byte[] bytes) => PipeReader.Create(new ReadOnlySequence<byte>(bytes));

    public static async Task<byte[]> WriteAsync(
        IReadOnlyList<Cid> roots, IEnumerable<(Cid Cid, byte[] Bytes)> blocks, CarFormat format)
    {
        var file = new MemoryStream();
        var pipe = PipeWriter.Create(file, new StreamPipeWriterOptions(leaveOpen: true));
        var writer = await CarWriter.CreateAsync(pipe, roots, format, Token);
        foreach (var (cid, bytes) in blocks)
        {
            await writer.WriteBlockAsync(cid, new ReadOnlySequence<byte>(bytes), Token);
        }

        var head = await writer.FinishAsync(roots: null, Token);
        await pipe.CompleteAsync();
        var car = file.ToArray();
        head.CopyTo(car);
        return car;
    }

    public static Task<Car> ReadAsync(byte[] bytes, CarReaderOptions? options = null) =>
        ReadAsync(PipeOf(bytes), options);

    public static async Task<Car> ReadAsync(PipeReader pipe, CarReaderOptions? options = null)
    {
        await using var reader = await CarReader.OpenAsync(pipe, options ?? new CarReaderOptions(), Token);
        var blocks = new List<(CarSection, byte[])>();
        while (await reader.NextAsync(Token) is not null)
        {
            using var block = await reader.ReadBlockAsync(Token);
            blocks.Add((block.Section, block.Bytes.ToArray()));
        }

        return new Car(reader.Version, [.. reader.Roots], reader.Header, blocks);
    }

    internal sealed record Car(
        CarFormat Version,
        IReadOnlyList<Cid> Roots,
        CarV2Header? Header,
        IReadOnlyList<(CarSection Section, byte[] Bytes)> Blocks);
}
