using System.Buffers;
using System.Security.Cryptography;
using CimStore.Content;
using CimStore.Engine;

namespace CimStore.Cli.Storage;

/// <summary>`put --only-hash`: what the CIDs would be, without a store.</summary>
internal static class OnlyHashing
{
    private const int BufferSizeBytes = 1024 * 1024;

    public static async Task RunAsync(
        string[] paths, StoreRequest request, PutReport report, CancellationToken cancellationToken)
    {
        foreach (var path in paths)
        {
            try
            {
                using var openable = OpenablePath.Of(path);
                await using Stream source =
                    path == "-" ? Terminal.StandardInput.Open() : File.OpenRead(openable.Path);
                var (cid, size) = await HashAsync(source, request, cancellationToken);
                report.Hashed(path, cid, size);
            }
            catch (Exception exception) when (FilePutter.IsOfThisFile(exception))
            {
                report.Failed(path, exception);
            }
        }
    }

    private static async Task<(Cid Cid, long SizeBytes)> HashAsync(
        Stream source, StoreRequest request, CancellationToken cancellationToken)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var blake = new Blake3Hasher();
        var isBlake = request.HashFunction == HashFunctions.Blake3;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSizeBytes);
        long size = 0;
        try
        {
            for (int count; (count = await source.ReadAsync(buffer, cancellationToken)) > 0; size += count)
            {
                if (isBlake)
                {
                    blake.Update(buffer.AsSpan(0, count));
                }
                else
                {
                    sha.AppendData(buffer.AsSpan(0, count));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return (Cid.FromDigest(request.Codec, request.HashFunction, Finish(isBlake, blake, sha)), size);
    }

    private static ReadOnlySpan<byte> Finish(bool isBlake, Blake3Hasher blake, IncrementalHash sha)
    {
        var digest = new byte[32];
        if (isBlake)
        {
            blake.Finish(digest);
        }
        else
        {
            sha.GetHashAndReset(digest);
        }

        return digest;
    }
}
