using System.Globalization;

namespace CimStore.Content;

/// <summary>
/// Bytes from outside do not keep the rules of their format (dag-cbor, dag-json, dag-pb, CAR, UnixFS).
/// </summary>
public sealed class ContentFormatException : FormatException
{
    public ContentFormatException(string format, long offset, string problem, Exception? inner = null)
        : base(string.Create(CultureInfo.InvariantCulture, $"{format}, byte {offset}: {problem}."), inner)
    {
        Offset = offset;
        Problem = problem;
    }

    /// <summary>Where in the input the rule was broken.</summary>
    public long Offset { get; }

    /// <summary>The phrase alone, without format and offset.</summary>
    public string Problem { get; }
}
