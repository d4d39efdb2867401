using System.Globalization;
using System.Text;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>
/// What a message id is tied to: the first 16 bytes of BLAKE3 over everything that makes the request what it is. The
/// same id with another digest is another request, and refused.
/// </summary>
internal static class RequestDigest
{
    private const int SizeBytes = 16;

    public static ReadOnlyMemory<byte> Of(ContentKey key, long sizeBytes, StoreRequest request, StoreTerms terms) => Of(
        string.Create(
            CultureInfo.InvariantCulture,
            $"store {key.Cid} {sizeBytes} {terms.Class} {terms.Level} {request.DataClass} {request.Pattern} "
            + $"{request.AcceptDebt} {request.Reference}"));

    public static ReadOnlyMemory<byte> Of(ContentKey key, DeleteRequest request) =>
        Of(string.Create(CultureInfo.InvariantCulture, $"delete {key.Cid} {request.Reference} {request.Grace}"));

    public static ReadOnlyMemory<byte> Of(ContentKey key, ReplicateRequest request) =>
        Of(string.Create(
            CultureInfo.InvariantCulture,
            $"replicate {key.Cid} {request.Factor}{(request.IsAtLeast ? "+" : "")}"));

    public static ReadOnlyMemory<byte> Of(ContentKey key, MigrateRequest request) =>
        Of(string.Create(CultureInfo.InvariantCulture, $"migrate {key.Cid} {request.Tier}"));

    public static ReadOnlyMemory<byte> Of(NameSetRequest request, string verb) => Of(
        string.Create(CultureInfo.InvariantCulture, $"{verb} {request.Owner} {request.Namespace} {request.Cid} "
        + $"{request.Expected} {request.MustBeNew} {request.Name}"));

    private static byte[] Of(string request)
    {
        Span<byte> digest = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.Hash(Encoding.UTF8.GetBytes(request), digest);
        return digest[..SizeBytes].ToArray();
    }
}
