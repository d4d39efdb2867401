using System.Text;

namespace CimStore.Http;

/// <summary>Builds a query string; what is null is left out.</summary>
internal sealed class QueryText
{
    private readonly StringBuilder _text = new();

    public void Add(string name, string? value)
    {
        if (value is not null)
        {
            _text.Append(_text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }

    public override string ToString() => _text.ToString();
}
