using System.Text.Json;
using CimStore.Content;
using CimStore.Testing;
using Xunit;

namespace CimStore.Tests.Content;

/// <summary>What the BLAKE3 tests share: contents of a pattern, one call per path, the official vectors.</summary>
internal static class Blake3Cases
{
    public const string Key = "whats the Elvish word for friend";
    public const string Context = "BLAKE3 2019-12-27 16:29:52 test vectors context";

    public static Blake3Mode Plain(Blake3Path path) => Blake3Mode.Plain(path);

    /// <summary>The vectors' content: byte i is i mod 251, which no power of two divides.</summary>
    public static byte[] Pattern(int length)
    {
        var content = new byte[length];
        for (var index = 0; index < length; index++)
        {
            content[index] = (byte)(index % 251);
        }

        return content;
    }

    public static byte[] Random(int length, int seed)
    {
        var content = new byte[length];
        new Random(seed).NextBytes(content);
        return content;
    }

    public static byte[] Hash(Blake3Path path, ReadOnlySpan<byte> content) => Hash(Plain(path), content, 32);

    public static byte[] Hash(in Blake3Mode mode, ReadOnlySpan<byte> content, int size)
    {
        var output = new byte[size];
        Blake3.Hash(mode, content, output);
        return output;
    }

    public static List<Blake3Vector> ReadVectors()
    {
        var file = Kits.Require("blake3/test_vectors.json");
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        Assert.Equal(Key, json.RootElement.GetProperty("key").GetString());
        Assert.Equal(Context, json.RootElement.GetProperty("context_string").GetString());
        return [.. json.RootElement.GetProperty("cases").EnumerateArray().Select(one => new Blake3Vector(
            one.GetProperty("input_len").GetInt32(),
            Convert.FromHexString(one.GetProperty("hash").GetString()!),
            Convert.FromHexString(one.GetProperty("keyed_hash").GetString()!),
            Convert.FromHexString(one.GetProperty("derive_key").GetString()!)))];
    }
}

internal sealed record Blake3Vector(int Length, byte[] Hash, byte[] KeyedHash, byte[] DeriveKey);
