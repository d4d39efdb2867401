using CimStore.Content;

namespace CimStore.Tests.Content;

/// <summary>A random content with its root and its outboard.</summary>
internal sealed class Blake3Proved
{
    private readonly byte[] _content;

    private Blake3Proved(byte[] content)
    {
        _content = content;
        (Root, Nodes) = Blake3OutboardTests.Build(Blake3Paths.Best, content, [content.Length + 1]);
    }

    public byte[] Root { get; }

    public byte[] Nodes { get; }

    public int Groups => (int)Blake3Outboard.GroupCount(_content.Length);

    public static Blake3Proved Of(int length, int seed) => new(Blake3Cases.Random(length, seed));

    public Blake3OutboardVerifier Verifier() => new(Root, _content.Length);

    public ReadOnlySpan<byte> Content(int firstGroup, int groups)
    {
        var start = firstGroup * Blake3Outboard.GroupSizeBytes;
        return _content.AsSpan(start, Math.Min(groups * Blake3Outboard.GroupSizeBytes, _content.Length - start));
    }
}
